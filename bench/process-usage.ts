import { readFileSync, writeFileSync } from 'node:fs';

/** Linux counts processor time for user space in hundredths of a second, whatever its own tick. */
const TICKS_PER_SECOND = 100;

/** User and system time of a process and all its threads, in seconds; null where it cannot be known. */
export function cpuSeconds(pid: number | null): number | null {
  const text = read(pid, 'stat');
  if (text === null) return null;
  // The second field is the program's name in brackets and may hold spaces.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const [user, system] = [Number(fields[11]), Number(fields[12])];
  return (user + system) / TICKS_PER_SECOND;
}

/** Processor time that everything on this machine has used since it started, in seconds; 0 if unknown. */
export function machineCpuSeconds(): number {
  let fields: number[];
  try {
    const [line = ''] = readFileSync('/proc/stat', 'latin1').split('\n', 1);
    fields = line.split(/ +/).slice(1).map(Number);
  } catch {
    return 0;
  }
  const [user = 0, nice = 0, system = 0, , , irq = 0, softIrq = 0, steal = 0] = fields;
  return (user + nice + system + irq + softIrq + steal) / TICKS_PER_SECOND;
}

/** Resident memory now, in bytes. */
export function residentBytes(pid: number | null): number | null {
  return statusBytes(pid, 'VmRSS');
}

/** The most resident memory since the process began or `forgetPeak`, in bytes. */
export function peakBytes(pid: number | null): number | null {
  return statusBytes(pid, 'VmHWM');
}

/** Lets the peak begin anew. Where the kernel refuses, the peak stays that of the whole life. */
export function forgetPeak(pid: number | null): void {
  if (pid === null) return;
  try {
    writeFileSync(`/proc/${pid}/clear_refs`, '5');
  } catch {}
}

function statusBytes(pid: number | null, field: string): number | null {
  const match = new RegExp(`^${field}:\\s+(\\d+) kB$`, 'm').exec(read(pid, 'status') ?? '');
  return match ? Number(match[1]) * 1024 : null;
}

function read(pid: number | null, file: string): string | null {
  if (pid === null) return null;
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'latin1');
  } catch {
    return null;
  }
}
