import { readFileSync } from 'node:fs';

/** true when a process of this id runs. Passed in, because only commands look at processes. */
export type IsAlive = (pid: number) => boolean;

/**
 * The process that holds another server's lock on an upload, or null. The servers write their process
 * id into the file; one that was killed leaves it behind.
 */
export function lockedBy(lockFile: string, isAlive: IsAlive): number | null {
  let text: string;
  try {
    text = readFileSync(lockFile, 'utf8').trim();
  } catch {
    return null;
  }
  const pid = /^\d{1,10}$/.test(text) ? Number(text) : 0;
  return pid > 0 && isAlive(pid) ? pid : null;
}
