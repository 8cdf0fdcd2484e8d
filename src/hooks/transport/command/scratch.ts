import { tmpdir } from 'node:os';
import { errnoOf, messageOf } from '../../../fault.ts';

/** Memory first: an event may contain credentials, and a full disk must not stop a hook. */
export const SCRATCH_FOLDERS: readonly string[] = ['/dev/shm', tmpdir()];

/** Runs `use` in the first folder where it succeeds. Rejects with the last folder's error. */
export async function inScratchFolder<T>(
  folders: readonly string[],
  use: (folder: string) => Promise<T>,
): Promise<T> {
  let failure: unknown;
  for (const folder of folders) {
    try {
      return await use(folder);
    } catch (error) {
      failure = error;
    }
  }
  throw failure;
}

/** Why there is no place for a program's event or output, as a sentence for a person. */
export function scratchFailure(error: unknown, folders: readonly string[]): string {
  const places = folders.join(' and ');
  switch (errnoOf(error)) {
    case 'ENOSPC':
    case 'EDQUOT':
      return `the program was not started: no space left in ${places} for its input`;
    case 'EMFILE':
    case 'ENFILE':
    case 'EAGAIN':
    case 'ENOMEM':
      return 'the program was not started: the system has no process, memory or descriptor left';
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
    case 'ENOENT':
      return `the program was not started: cannot create files in ${places}`;
    default: {
      const why = errnoOf(error) ?? messageOf(error);
      return `the program was not started: its input and output could not be set up (${why})`;
    }
  }
}
