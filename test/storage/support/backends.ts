import { type TestContext, test } from 'node:test';
import { MemoryBytes } from '../../../src/storage/bytes/memory/memory-bytes.ts';
import { S3Bytes } from '../../../src/storage/bytes/s3/s3-bytes.ts';
import { createMemoryCatalog } from '../../../src/storage/catalog/memory/memory-catalog.ts';
import { type Backend, openLocal } from '../../../src/storage/local/local-backend.ts';
import type { CommandStore, StoreOptions, UploadStore } from '../../../src/storage/store.ts';
import { temporaryFolder } from '../../support/temporary.ts';
import { MemoryObjects } from './memory-objects.ts';
import { serve } from './stores.ts';

function memoryBackend(): Backend {
  return {
    catalog: createMemoryCatalog(),
    bytes: new MemoryBytes(),
    boot: null,
    release: () => {},
  };
}

/** Opens a store over a backend; otherwise like `openStore` of stores.ts. */
export type OpenStore = (
  t: Pick<TestContext, 'after'>,
  options?: Partial<Omit<StoreOptions, 'uploadDir'>>,
) => Promise<UploadStore>;

/** A store that buffers, in parts so small that most uploads have several. */
function objectsBackend(t: Pick<TestContext, 'after'>): Backend {
  return {
    ...memoryBackend(),
    bytes: new S3Bytes(new MemoryObjects(), {
      name: 's3://memory',
      prefix: 'uploads/',
      partSize: 1_000,
      spoolDir: temporaryFolder(t),
      warn: () => {},
    }),
  };
}

const BACKENDS: Readonly<Record<string, (t: Pick<TestContext, 'after'>) => Backend>> = {
  'files and SQLite': (t) => openLocal(temporaryFolder(t), { role: 'daemon' }),
  memory: memoryBackend,
  objects: objectsBackend,
};

/** The backends on which a promise holds: all, or those whose written bytes are safe, or the others. */
type Which = 'all' | 'immediate' | 'buffering';

/** Declares a test of the engine, once for every backend. */
export function onEveryBackend(
  promise: string,
  run: (t: TestContext, openStore: OpenStore) => Promise<void>,
  which: Which = 'all',
): void {
  for (const [name, backendFor] of Object.entries(BACKENDS)) {
    if (which !== 'all' && (name === 'objects') !== (which === 'buffering')) continue;
    const open: OpenStore = (t, options = {}) =>
      serve(t, backendFor(t), { fsync: 'never', ...options });
    test(`${promise} (${name})`, (t) => run(t, open));
  }
}

/** The bytes of an upload, wherever they are. */
export async function contentIn(store: CommandStore, id: string): Promise<Buffer> {
  const record = await store.remember(id);
  if (!record) throw new Error(`there is no upload ${id}`);
  const reader = await store.open(record);
  const blocks: Buffer[] = [];
  try {
    for await (const block of reader.blocks(0, reader.size)) blocks.push(Buffer.from(block));
  } finally {
    reader.close();
  }
  return Buffer.concat(blocks);
}
