import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileFault } from '../fault.ts';
import type { Bytes } from './bytes/bytes.ts';
import { bootId } from './bytes/files/boot-id.ts';
import { FileBytes } from './bytes/files/file-bytes.ts';
import type { Catalog, OwnerRole } from './catalog/catalog.ts';
import { ServingLock } from './catalog/sqlite/serving-lock.ts';
import { SqliteCatalog } from './catalog/sqlite/sqlite-catalog.ts';

/** A catalog and a store of bytes that belong together. */
export interface Backend {
  readonly catalog: Catalog;
  readonly bytes: Bytes;
  /** See ServingOptions. */
  readonly boot: string | null;
  /** After catalog and bytes are closed. */
  release(): void;
}

/**
 * One upload directory on this machine: files and SQLite. A daemon makes what is missing, and refuses
 * to share the directory with another daemon (DIRECTORY_IN_USE). Throws CATALOG_CORRUPT,
 * CATALOG_TOO_NEW, PERMISSION or IO.
 */
export function openLocal(
  uploadDir: string,
  role: OwnerRole,
  warn: (message: string) => void,
): Backend {
  const bytes = new FileBytes(uploadDir);
  let lock: ServingLock | undefined;
  if (role === 'daemon') {
    try {
      mkdirSync(uploadDir, { recursive: true, mode: 0o750 });
    } catch (error) {
      throw fileFault(error, `making the upload directory ${uploadDir}`);
    }
    bytes.makeFolder();
    lock = ServingLock.take(join(uploadDir, 'serving.lock'));
  }
  try {
    const catalog = SqliteCatalog.open(uploadDir, { role, warn });
    return { catalog, bytes, boot: bootId(), release: () => lock?.release() };
  } catch (error) {
    lock?.release();
    throw error;
  }
}
