import { chmodSync, chownSync, existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { catalogFile } from '../catalog/sqlite/file/catalog-file.ts';
import { ServingLock } from '../catalog/sqlite/file/serving-lock.ts';
import { directoryBits, type FileAccess, makePrivate } from '../disk/file-access.ts';
import { makeDirectory, removeEmpty } from '../disk/make-directory.ts';

/**
 * Takes a lock of an upload directory without serving it: what is there keeps its permissions, and what
 * is missing is made. Throws DIRECTORY_IN_USE, IO, PERMISSION or NO_SPACE.
 */
export function holdDirectory(
  uploadDir: string,
  folder: string,
  access: FileAccess,
  lockName: string,
): ServingLock {
  const lockFile = join(uploadDir, lockName);
  return ServingLock.take(lockFile, () => {
    const made: string[] = [];
    try {
      made.push(...makeDirectory(uploadDir, directoryBits(access)));
      made.push(...makeDirectory(folder, directoryBits(access)));
      if (existsSync(lockFile)) return;
      makePrivate(lockFile, access);
      shareLock(lockFile, uploadDir);
    } catch (error) {
      removeEmpty(made);
      throw error;
    }
  });
}

/** Gives a new lock to those who have the catalog: what root makes must stay usable for the daemon. */
function shareLock(lockFile: string, uploadDir: string): void {
  const catalog = statSync(catalogFile(uploadDir), { throwIfNoEntry: false });
  const { uid, gid } = catalog ?? statSync(uploadDir);
  try {
    if (catalog) chmodSync(lockFile, catalog.mode & 0o660);
    chownSync(lockFile, uid, gid);
  } catch {
    // Only root gives files away.
  }
}
