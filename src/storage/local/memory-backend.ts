import { MemoryBytes } from '../bytes/memory/memory-bytes.ts';
import { createMemoryCatalog } from '../catalog/memory/memory-catalog.ts';
import type { Backend } from './local-backend.ts';

/**
 * Catalog and bytes in the memory of this process, for tests and demonstrations. All uploads together
 * take at most `limit` bytes; beyond that, NO_SPACE.
 */
export function openMemory(limit: number): Backend {
  return {
    catalog: createMemoryCatalog(),
    bytes: new MemoryBytes({ limit }),
    boot: null,
    release: () => {},
  };
}
