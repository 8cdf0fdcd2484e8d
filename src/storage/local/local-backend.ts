import type { Bytes } from '../bytes/bytes.ts';
import { bootId } from '../bytes/files/boot-id.ts';
import { FileBytes } from '../bytes/files/file-bytes.ts';
import type { Catalog, OwnerRole } from '../catalog/catalog.ts';
import { openSqliteCatalog } from '../catalog/sqlite/sqlite-catalog.ts';
import { catalogMode, type FileAccess, PRIVATE } from '../disk/file-access.ts';
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
 * Makes what is missing of an upload directory except its catalog, and locks it like a daemon. Returns
 * the function that gives the lock back. Throws DIRECTORY_IN_USE, IO, PERMISSION or NO_SPACE.
 */
export function holdLocal(uploadDir: string, access: FileAccess = PRIVATE): () => void {
  const { place } = new FileBytes(uploadDir, { access, warn: () => {} });
  const lock = takeDirectory(uploadDir, place, access);
  return () => lock.release();
}
