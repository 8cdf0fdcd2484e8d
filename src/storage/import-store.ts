import { Fault } from '../fault.ts';
import { type FileAccess, PRIVATE } from './disk/file-access.ts';
import { ensureLocal, holdLocal, type LocalOptions, openLocal } from './local/local-backend.ts';
import type { StoredUpload } from './model/upload.ts';
import { createReads, type Reads } from './reads.ts';
import { Engine } from './uploads/engine.ts';
import { type Adoption, adopt } from './uploads/making/adopt.ts';

export type { AdoptedBytes, Adoption } from './uploads/making/adopt.ts';

/** What an import may do, beside the daemon or without it: take over uploads of other installations. */
export interface ImportStore extends Reads {
  /** See uploads/adopt.ts for what it throws; `persist` makes it survive a power cut. */
  adopt(adoption: Adoption): Promise<StoredUpload>;

  /** Resolves when everything that was adopted survives a power cut. */
  persist(): Promise<void>;

  setNote(key: string, value: string): Promise<void>;

  close(): Promise<void>;
}

export interface ImportStoreOptions extends Omit<LocalOptions, 'role'> {
  readonly uploadDir: string;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/**
 * Opens an upload directory to import into it. Makes what is missing. Throws DIRECTORY_IN_USE while
 * another import runs, CATALOG_CORRUPT, CATALOG_TOO_NEW, PERMISSION, NO_SPACE or IO.
 */
export async function openImportStore(options: ImportStoreOptions): Promise<ImportStore> {
  const { uploadDir, access = PRIVATE, now, warn = () => {} } = options;
  const release = lockImports(uploadDir, access);
  try {
    await ensureLocal(uploadDir, { access, warn });
    const { catalog, bytes } = openLocal(uploadDir, { access, warn, role: 'command' });
    const engine = new Engine(catalog, bytes, { now, warn });
    const { context, run } = engine;
    return {
      ...createReads(context),
      adopt: (adoption) => run(() => adopt(context, adoption)),
      persist: () => catalog.persist(),
      setNote: (key, value) => catalog.setNote(key, value),
      async close() {
        await engine.close();
        release();
      },
    };
  } catch (error) {
    release();
    throw error;
  }
}

function lockImports(uploadDir: string, access: FileAccess): () => void {
  try {
    return holdLocal(uploadDir, access, 'import.lock');
  } catch (error) {
    if (!(error instanceof Fault) || error.code !== 'DIRECTORY_IN_USE') throw error;
    throw new Fault('DIRECTORY_IN_USE', `another import into ${uploadDir} is running`, {
      hint: 'Wait for its end.',
      cause: error,
    });
  }
}
