import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';
import type { Locker } from '../../transfer/state/path-lock.ts';
import type { Io } from '../process/io.ts';

/** Where commands keep what they continue later (XDG Base Directory Specification). */
export function stateFolder({ env }: Pick<Io, 'env'>, command: string): string {
  const { XDG_STATE_HOME: given = '', HOME } = env;
  const state = isAbsolute(given) ? given : join(HOME || homedir(), '.local', 'state');
  return join(state, 'tusd-ts', command);
}

export const LOCKER: Locker = {
  pid: process.pid,
  isAlive(pid) {
    try {
      process.kill(pid, 0);
      return true;
    } catch (error) {
      // It runs, but is somebody else's.
      return (error as NodeJS.ErrnoException).code === 'EPERM';
    }
  },
};
