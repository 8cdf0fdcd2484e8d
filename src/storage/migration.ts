import { Fault } from '../fault.ts';
import type { Bytes } from './bytes/bytes.ts';
import type { Catalog } from './catalog/catalog.ts';
import { PRIVATE } from './disk/file-access.ts';
import { createLinkBook, type LinkBook } from './links.ts';
import { ensureLocal, hasCatalog, holdLocal, type LocalOptions } from './local/local-backend.ts';
import type { Counting } from './model/counting.ts';
import { isGone, isUnjoined, type StoredUpload } from './model/upload.ts';
import { openBackend, type StoragePlace } from './open-backend.ts';
import { createReads, type Reads } from './reads.ts';
import { tryDatabase } from './try-shared.ts';
import type { StoreContext } from './uploads/context.ts';
import { Engine } from './uploads/engine.ts';
import { type Adoption, adopt } from './uploads/making/adopt.ts';
import { BOOT_NOTE } from './uploads/upkeep/serving.ts';

/** Where uploads come from. Their clients can still go on there afterwards. */
export interface MigrationSource
  extends Reads,
    Pick<LinkBook, 'links'>,
    Pick<Counting, 'allCounts'> {
  /** How many bytes of an upload count: at least as many as were acknowledged. */
  counted(record: StoredUpload): Promise<number>;
  /** The first `length` bytes. Throws GONE, UNAVAILABLE, PERMISSION or IO. */
  bytesOf(record: StoredUpload, length: number): AsyncIterable<Buffer>;
  close(): Promise<void>;
}

/** Where they go. */
export interface MigrationTarget extends Reads, LinkBook, Pick<Counting, 'count'> {
  /** See uploads/adopt.ts. */
  adopt(adoption: Adoption): Promise<StoredUpload>;
  /** Resolves when everything that was taken over survives a power cut. */
  persist(): Promise<void>;
  close(): Promise<void>;
}

interface Options extends StoragePlace, Omit<LocalOptions, 'role'> {
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/**
 * Opens a storage to copy it. With `hold` no daemon may serve it meanwhile: throws DIRECTORY_IN_USE while
 * one does, and what openBackend throws.
 */
export async function openMigrationSource({
  hold,
  ...options
}: Options & { readonly hold: boolean }): Promise<MigrationSource> {
  const { catalog, bytes, boot } = await openBackend(options, { ...options, role: 'command' });
  const engine = new Engine(catalog, bytes, options);
  let release = () => {};
  try {
    if (hold && !options.shared) release = holdSource(options.uploadDir);
    const reads = createReads(engine.context);
    if (hold && options.shared) await assertNobodyServes(reads);
    const rebooted = boot === null || (await catalog.note(BOOT_NOTE)) !== boot;
    return {
      ...reads,
      links: () => catalog.links(),
      allCounts: () => catalog.allCounts(),
      counted: (record) => countedBytes(bytes, record, rebooted),
      bytesOf: (record, length) => readBytes(engine.context, reads, record, length),
      async close() {
        await engine.close();
        release();
      },
    };
  } catch (error) {
    await engine.close();
    release();
    throw error;
  }
}

/** Opens a storage to copy uploads into it, and makes what is missing; `dryRun` makes nothing. */
export async function openMigrationTarget({
  dryRun,
  ...options
}: Options & { readonly dryRun: boolean }): Promise<MigrationTarget | null> {
  if (options.shared) {
    if (dryRun && (await tryDatabase(options.shared)) === null) return null;
  } else if (!hasCatalog(options.uploadDir)) {
    if (dryRun) return null;
    await ensureLocal(options.uploadDir, options);
  }
  // As a daemon of a database it makes the tables that are missing; in a directory only one may serve.
  const role = options.shared && !dryRun ? 'daemon' : 'command';
  const { catalog, bytes } = await openBackend(options, { ...options, role });
  const engine = new Engine(catalog, bytes, options);
  const { context, run } = engine;
  return {
    ...createReads(context),
    ...createLinkBook(context),
    count: (batch) => catalog.count(batch),
    adopt: (adoption) => run(() => adopt(context, adoption)),
    persist: () => catalog.persist(),
    close: () => engine.close(),
  };
}

function holdSource(uploadDir: string): () => void {
  try {
    return holdLocal(uploadDir, PRIVATE);
  } catch (error) {
    if (!(error instanceof Fault) || error.code !== 'DIRECTORY_IN_USE') throw error;
    throw new Fault('DIRECTORY_IN_USE', `a daemon serves ${uploadDir}`, {
      hint: 'Stop it first: its clients would go on there.',
      cause: error,
    });
  }
}

async function assertNobodyServes(reads: Reads): Promise<void> {
  const daemons = (await reads.processes()).filter(({ role }) => role === 'daemon');
  const [first] = daemons;
  if (!first) return;
  const others = daemons.length === 1 ? '' : ` and ${daemons.length - 1} more`;
  throw new Fault(
    'DIRECTORY_IN_USE',
    `the daemon ${first.pid} at ${first.host}${others} serves these uploads`,
    {
      hint: 'Stop all daemons first: tusd-ts daemons lists them. One that was killed goes within 15 seconds.',
    },
  );
}

/** Like the engine: written bytes count before they are recorded, unless there may have been a power cut. */
async function countedBytes(
  bytes: Bytes,
  record: StoredUpload,
  rebooted: boolean,
): Promise<number> {
  if (isGone(record) || isUnjoined(record)) return 0;
  const { state, offset, length, uncommittedFrom } = record;
  if (state === 'finished') return offset;
  const size = (await bytes.size(record)) ?? 0;
  const written = bytes.buffers || rebooted ? offset : size;
  return Math.min(size, written, uncommittedFrom ?? size, length ?? size);
}

async function* readBytes(
  { catalog, bytes, now }: StoreContext,
  reads: Reads,
  record: StoredUpload,
  length: number,
) {
  if (length === 0) return;
  const readable =
    bytes.buffers && record.state !== 'finished'
      ? await madeReadable(catalog, bytes, record, length, now())
      : record;
  const reader = await reads.open(readable);
  try {
    yield* reader.blocks(0, length);
  } finally {
    reader.close();
  }
}

/**
 * A store of objects reads no parts of an unfinished upload: what there is becomes an object. When the
 * upload goes on in this store, its bytes are copied into parts again.
 */
async function madeReadable(
  catalog: Catalog,
  bytes: Bytes,
  { id }: StoredUpload,
  length: number,
  at: number,
): Promise<StoredUpload> {
  const held = await catalog.beginAppend(id, at);
  if (!held?.lease) throw new Fault('CONFLICT', 'another process writes it');
  const { record, lease } = held;
  const writer = await bytes.openForAppend(record, async (layout) => {
    if (await catalog.record(lease, { change: { layout }, timeline: [], at })) return;
    throw new Fault('GONE', 'another process has taken it over');
  });
  try {
    if (writer.size !== length) await writer.rollback(length);
    await writer.seal('power', writer.kept ?? { length, crc32: record.crc32 });
    const { layout } = writer;
    await catalog.endAppend(lease, { change: { layout }, timeline: [], at });
    return { ...record, layout };
  } finally {
    writer.close();
  }
}
