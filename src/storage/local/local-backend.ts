import { existsSync } from 'node:fs';
import type { Bytes } from '../bytes/bytes.ts';
import { bootId } from '../bytes/files/boot-id.ts';
import { FileBytes } from '../bytes/files/file-bytes.ts';
import type { Catalog } from '../catalog/catalog.ts';
import type { OwnerRole } from '../catalog/processes.ts';
import { catalogFile } from '../catalog/sqlite/file/catalog-file.ts';
import { openSqliteCatalog } from '../catalog/sqlite/sqlite-catalog.ts';
import { catalogMode, type FileAccess, PRIVATE } from '../disk/file-access.ts';
import { holdDirectory } from './hold-directory.ts';
import { restrictCatalog, takeDirectory } from './prepare-directory.ts';

/** A catalog and its store of bytes. */
export interface Backend {
  readonly catalog: Catalog;
  readonly bytes: Bytes;
  /** See ServingOptions. */
  readonly boot: string | null;
  /** Call after catalog and bytes are closed. */
  release(): void;
}

export interface LocalOptions {
  readonly role: OwnerRole;
  /** Access to the files that a daemon creates; by default only its own user's. */
  readonly access?: FileAccess;
  readonly warn?: (message: string) => void;
}

/**
 * Opens an upload directory on this machine: files and SQLite. A daemon creates what is missing, and
 * refuses to share the directory with another daemon (DIRECTORY_IN_USE). Throws CATALOG_CORRUPT,
 * CATALOG_TOO_NEW, PERMISSION or IO.
 */
export function openLocal(uploadDir: string, options: LocalOptions): Backend {
  const { role, access = PRIVATE, warn = () => {} } = options;
  const bytes = new FileBytes(uploadDir, { access, warn });
  const lock = role === 'daemon' ? takeDirectory(uploadDir, bytes.place, access) : undefined;
  try {
    if (lock) restrictCatalog(uploadDir, access, warn);
    const catalog = openSqliteCatalog(uploadDir, { role, mode: catalogMode(access), warn });
    return { catalog, bytes, boot: bootId(), release: () => lock?.release() };
  } catch (error) {
    lock?.release();
    throw error;
  }
}

/**
 * Makes what is missing of an upload directory except its catalog, and takes one of its locks. Changes
 * no permissions of what is there. Returns the function that gives the lock back. Throws
 * DIRECTORY_IN_USE, IO, PERMISSION or NO_SPACE.
 */
export function holdLocal(
  uploadDir: string,
  access: FileAccess,
  lockName = 'serving.lock',
): () => void {
  const { place } = new FileBytes(uploadDir, { access, warn: () => {} });
  const lock = holdDirectory(uploadDir, place, access, lockName);
  return () => lock.release();
}

/** Whether a directory has a catalog. */
export function hasCatalog(uploadDir: string): boolean {
  return existsSync(catalogFile(uploadDir));
}

/** Makes a directory with an empty catalog, unless it has one. Throws what `openLocal` throws. */
export async function ensureLocal(
  uploadDir: string,
  options: Omit<LocalOptions, 'role'>,
): Promise<void> {
  if (hasCatalog(uploadDir)) return;
  const { catalog, bytes, release } = openLocal(uploadDir, { ...options, role: 'daemon' });
  bytes.close();
  await catalog.close();
  release();
}
