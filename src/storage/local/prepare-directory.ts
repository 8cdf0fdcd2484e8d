import { join } from 'node:path';
import { catalogFile } from '../catalog/sqlite/file/catalog-file.ts';
import { ServingLock } from '../catalog/sqlite/file/serving-lock.ts';
import {
  catalogMode,
  directoryBits,
  type FileAccess,
  makePrivate,
  shareDirectory,
  tighten,
} from '../disk/file-access.ts';
import { makeDirectory, removeEmpty } from '../disk/make-directory.ts';

/**
 * Creates the missing parts of an upload directory, with the configured permissions, and locks it.
 * Throws DIRECTORY_IN_USE, IO, PERMISSION or NO_SPACE, and then removes the directories it created.
 */
export function takeDirectory(uploadDir: string, folder: string, access: FileAccess): ServingLock {
  const lockFile = join(uploadDir, 'serving.lock');
  return ServingLock.take(lockFile, () => {
    const made: string[] = [];
    try {
      made.push(...makeDirectory(uploadDir, directoryBits(access)));
      shareDirectory(uploadDir, access, made.includes(uploadDir));
      made.push(...makeDirectory(folder, directoryBits(access)));
      shareDirectory(folder, access, true);
      makePrivate(lockFile, access);
    } catch (error) {
      removeEmpty(made);
      throw error;
    }
  });
}

/** Call before opening the catalog, holding the lock: SQLite copies the catalog's permissions. */
export function restrictCatalog(
  uploadDir: string,
  access: FileAccess,
  warn: (message: string) => void,
): void {
  const catalog = catalogFile(uploadDir);
  const mode = catalogMode(access);
  makePrivate(catalog, access);
  for (const file of [`${catalog}-wal`, `${catalog}-shm`, join(uploadDir, 'reserve')]) {
    tighten(file, mode, access.group, warn);
  }
}
