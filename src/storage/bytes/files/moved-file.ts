import { close, constants, existsSync, fstatSync, lstatSync, open, type Stats } from 'node:fs';
import { promisify } from 'node:util';
import { errnoOf, Fault, fileFault } from '../../../fault.ts';
import type { MovedTo } from '../../model/moved-to.ts';

const openAsync = promisify(open);

/** Nothing is there any more: somebody has taken it, or has put something else in its place. */
const TAKEN: ReadonlySet<string | undefined> = new Set(['ENOENT', 'ENOTDIR', 'ELOOP', 'ENXIO']);

/**
 * Opens a file that was moved out of the store. Throws GONE when it was taken away or changed, and
 * UNAVAILABLE when the folder that it was delivered to is missing (a disk that is not mounted).
 */
export async function openMoved(moved: MovedTo): Promise<number> {
  try {
    // O_NONBLOCK: a FIFO in its place must not hold up the request.
    const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
    const fd = await openAsync(moved.path, flags);
    if (isUnchanged(fstatSync(fd), moved)) return fd;
    close(fd, () => {});
  } catch (error) {
    if (!TAKEN.has(errnoOf(error))) throw fileFault(error, 'opening a delivered file');
  }
  throw taken(moved);
}

/** Its size; null when it was taken away or changed. Throws like openMoved. */
export function movedSize(moved: MovedTo): number | null {
  try {
    const stats = lstatSync(moved.path, { throwIfNoEntry: false });
    if (stats && isUnchanged(stats, moved)) return stats.size;
  } catch (error) {
    if (!TAKEN.has(errnoOf(error))) throw fileFault(error, 'looking at a delivered file');
  }
  if (!existsSync(moved.root)) throw taken(moved);
  return null;
}

/** By what changes when its bytes do. A file that was restored from a backup counts as another one. */
function isUnchanged(stats: Stats, { size, mtimeMs, ino }: MovedTo): boolean {
  return stats.isFile() && stats.size === size && stats.mtimeMs === mtimeMs && stats.ino === ino;
}

function taken({ root }: MovedTo): Fault {
  if (existsSync(root)) {
    return new Fault('GONE', 'this file was delivered, and then taken away or changed');
  }
  return new Fault(
    'UNAVAILABLE',
    `the folder ${root}, to which files were delivered, is not there`,
    {
      hint: 'Bring it back: is its disk mounted?',
      retryAfter: 60,
      publicMessage: 'the file is not there at the moment',
    },
  );
}
