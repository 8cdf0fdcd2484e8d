import { Fault } from '../fault.ts';
import { type Backend, type LocalOptions, openLocal } from './local/local-backend.ts';
import { openMemory } from './local/memory-backend.ts';
import { MEMORY } from './model/place.ts';
import { openShared } from './shared/shared-backend.ts';
import type { SharedPlace } from './shared/shared-place.ts';

export type { SharedPlace } from './shared/shared-place.ts';

/** Where uploads are kept. */
export interface StoragePlace {
  /** A path, or MEMORY for a daemon without a directory. With `shared` the folder of temporary files. */
  readonly uploadDir: string;
  /** A bucket and a database, instead of the directory. */
  readonly shared?: SharedPlace | undefined;
  /** Limit for all uploads in memory together (bytes). */
  readonly memoryLimit?: number;
}

/** Opens catalog and bytes. Throws CONFIG for a command on uploads in memory, and what each store throws. */
export async function openBackend(
  { uploadDir, shared, memoryLimit = Number.POSITIVE_INFINITY }: StoragePlace,
  options: LocalOptions,
): Promise<Backend> {
  if (shared) return openShared(shared, options);
  if (uploadDir !== MEMORY) return openLocal(uploadDir, options);
  if (options.role === 'daemon') return openMemory(memoryLimit);
  throw new Fault('CONFIG', `the upload directory is ${MEMORY}, which only its daemon can see`, {
    hint: 'Commands need a daemon with a directory: --upload-dir',
  });
}
