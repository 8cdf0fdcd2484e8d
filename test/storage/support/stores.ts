import { readFileSync } from 'node:fs';
import { PassThrough, Readable } from 'node:stream';
import type { TestContext } from 'node:test';
import Database from 'better-sqlite3';
import { Fault } from '../../../src/fault.ts';
import { type Backend, openLocal } from '../../../src/storage/local/local-backend.ts';
import type { UploadRecord } from '../../../src/storage/model/upload.ts';
import type { AppendOutcome, AppendRequest, WholeRequest } from '../../../src/storage/store.ts';
import {
  type CommandStore,
  type CreateRequest,
  createStore,
  openCommandStore,
  type StoreOptions,
  type UploadStore,
} from '../../../src/storage/store.ts';
import type { StoreContext } from '../../../src/storage/uploads/context.ts';
import { Engine, type EngineOptions } from '../../../src/storage/uploads/engine.ts';
import { faultOf } from '../../support/fault-of.ts';
import { temporaryFolder } from '../../support/temporary.ts';
import { until } from '../../support/until.ts';
import { CALLER } from './caller.ts';
import { bytes, crcOf } from './content.ts';

export { bytes, CALLER, crcOf, faultOf };

const contexts = new WeakMap<UploadStore, StoreContext>();

/** A daemon's store in a folder of its own (or `uploadDir`), closed when the test ends. */
export async function openStore(
  test: Pick<TestContext, 'after'>,
  options: Partial<StoreOptions> = {},
): Promise<UploadStore> {
  const { uploadDir = temporaryFolder(test), ...engineOptions } = options;
  const backend = openLocal(uploadDir, { ...options, role: 'daemon' });
  return serve(test, backend, { fsync: 'never', ...engineOptions });
}

/** Serves uploads over a backend, as a daemon does; closed when the test ends. */
export async function serve(
  test: Pick<TestContext, 'after'>,
  backend: Backend,
  options: EngineOptions,
): Promise<UploadStore> {
  const engine = new Engine(backend.catalog, backend.bytes, options);
  let closed: Promise<void> | undefined;
  const close = () => {
    closed ??= engine.close().finally(() => backend.release());
    return closed;
  };
  test.after(close);
  await engine.serve({ boot: backend.boot }).catch(async (error) => {
    await close();
    throw error;
  });
  const store = createStore(engine, close);
  contexts.set(store, engine.context);
  return store;
}

/** What a command opens beside a daemon; closed when the test ends. */
export async function openCommandStoreOf(
  test: Pick<TestContext, 'after'>,
  options: StoreOptions,
): Promise<CommandStore> {
  const store = await openCommandStore(options);
  test.after(() => store.close());
  return store;
}

/** What the engine of such a store works with: for looking whether something was left behind. */
export function insideOf(store: UploadStore): StoreContext {
  const context = contexts.get(store);
  if (!context) throw new Error('this store was not opened by openStore');
  return context;
}

/** Bytes that are there, or null. */
export async function sizeOf(store: CommandStore, id: string): Promise<number | null> {
  const record = await store.remember(id);
  return record ? store.size(record) : null;
}

export function creation(change: Partial<CreateRequest> = {}): CreateRequest {
  return {
    kind: 'single',
    length: null,
    metadata: null,
    protocolData: null,
    caller: CALLER,
    ...change,
  };
}

/** A body that brings these bytes and ends. */
export function bodyOf(content: Buffer | string): Readable {
  const buffer = Buffer.from(content);
  return Readable.from(buffer.length === 0 ? [] : [buffer], { objectMode: false });
}

/** Makes an upload of so many bytes (null: said later) and returns its id. */
export async function make(
  store: UploadStore,
  length: number | null,
  kind: UploadRecord['kind'] = 'single',
): Promise<string> {
  return (await store.create(creation({ length, kind }))).record.id;
}

export function append(
  store: UploadStore,
  id: string,
  offset: number,
  content: Buffer | string | Readable,
  more: Partial<AppendRequest> = {},
): Promise<AppendOutcome> {
  const body = content instanceof Readable ? content : bodyOf(content);
  const bodyLength = content instanceof Readable ? null : Buffer.byteLength(content);
  return store.append(id, { offset, body, bodyLength, caller: CALLER, ...more });
}

/** A request that counts as a whole, and whether its checksum will be right. */
export function whole(right: boolean): WholeRequest {
  return {
    verify: async () => {
      if (!right) throw new Fault('CHECKSUM_MISMATCH', 'the checksum does not match');
    },
  };
}

export async function offsetOf(store: CommandStore, id: string): Promise<number | null> {
  return (await store.find(id)).offset;
}

export function contentOf(store: CommandStore, id: string): Buffer {
  return readFileSync(store.locate(id));
}

/** A transfer that stays open: its first bytes are on disk, more may come. */
export interface OpenTransfer {
  readonly body: PassThrough;
  readonly done: Promise<AppendOutcome>;
}

export async function begin(
  store: UploadStore,
  id: string,
  first: Buffer | string,
  more: Partial<AppendRequest> = {},
): Promise<OpenTransfer> {
  const from = (await offsetOf(store, id)) ?? 0;
  const body = new PassThrough();
  const done = append(store, id, from, body, more);
  // A test that looks at it later must not fail because it was rejected before.
  done.catch(() => {});
  if (first.length > 0) body.write(first);
  const wanted = from + Buffer.byteLength(first);
  await until('the first bytes are on disk', () => {
    const active = insideOf(store).active.get(id);
    return active !== undefined && active.pump.position === wanted;
  });
  return { body, done };
}

/** Opens the catalog of a directory from outside, as another program would. */
export function withCatalog<T>(uploadDir: string, use: (database: Database.Database) => T): T {
  const database = new Database(`${uploadDir}/catalog.db`);
  try {
    return use(database);
  } finally {
    database.close();
  }
}
