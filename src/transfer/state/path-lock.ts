import { link, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { errnoOf, Fault } from '../../fault.ts';

/** Who holds a lock: a process of one boot, which a later process may share its number with. */
interface Holder {
  readonly pid: number;
  readonly boot: string;
  readonly started: string;
}

export interface Locker {
  /** The number of this process. */
  readonly pid: number;
  /** Whether a process runs. */
  readonly isAlive: (pid: number) => boolean;
}

/**
 * Takes a lock that is a file; resolves with the function that gives it back, or null if a running
 * process has it. A lock of a process that has ended counts for nothing, also after a reboot.
 */
export async function takeLock(
  path: string,
  locker: Locker,
): Promise<(() => Promise<void>) | null> {
  const mine = `${path}.${locker.pid}`;
  // Written beside it and then linked, so that a lock is never seen without its holder.
  try {
    await writeFile(mine, JSON.stringify(await holderOf(locker.pid)), { mode: 0o600 });
    for (let tries = 0; tries < 5; tries++) {
      try {
        await link(mine, path);
        return () => rm(path, { force: true });
      } catch (error) {
        if (errnoOf(error) !== 'EEXIST') throw error;
      }
      const found = await readFile(path, 'utf8').catch(() => null);
      if (found === null) continue;
      if (await isHeld(found, locker)) return null;
      await removeStale(path, found, locker.pid);
    }
    return null;
  } finally {
    await rm(mine, { force: true }).catch(() => {});
  }
}

async function isHeld(text: string, { isAlive }: Locker): Promise<boolean> {
  const holder = parse(text);
  if (holder === null) return false;
  if (!isAlive(holder.pid)) return false;
  const now = await holderOf(holder.pid);
  return now.boot === holder.boot && now.started === holder.started;
}

/** Removes this very lock: another process may have replaced it meanwhile by its own. */
async function removeStale(path: string, text: string, pid: number): Promise<void> {
  const aside = `${path}.${pid}.stale`;
  await rename(path, aside).catch(() => {});
  const moved = await readFile(aside, 'utf8').catch(() => null);
  if (moved !== null && moved !== text) await link(aside, path).catch(() => {});
  await rm(aside, { force: true });
}

function parse(text: string): Holder | null {
  try {
    const { pid, boot, started } = JSON.parse(text);
    return Number.isSafeInteger(pid) && pid > 0
      ? { pid, boot: `${boot}`, started: `${started}` }
      : null;
  } catch {
    return null;
  }
}

/** The boot and the start time are empty where there is no /proc. */
async function holderOf(pid: number): Promise<Holder> {
  const read = (path: string) => readFile(path, 'utf8').catch(() => '');
  const [boot, stat] = await Promise.all([
    read('/proc/sys/kernel/random/boot_id'),
    read(`/proc/${pid}/stat`),
  ]);
  // The name of the program, in parentheses, may contain spaces. The start is field 22 (proc(5)).
  const started = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
  return { pid, boot: boot.trim(), started };
}

/** The fault for a lock that another process has. */
export function lockedFault(path: string): Fault {
  return new Fault('LOCKED', `another tusd-ts is at work on ${path}`, {
    hint: 'Wait until it has ended, or end it.',
  });
}
