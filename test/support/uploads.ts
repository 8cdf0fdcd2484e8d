import { PassThrough, Readable } from 'node:stream';
import type { TestContext } from 'node:test';
import type { Guards } from '../../src/storage/model/events.ts';
import type { Caller, UploadRecord } from '../../src/storage/model/upload.ts';
import {
  openStore as openDaemonStore,
  type StoreOptions,
  type UploadStore,
} from '../../src/storage/store.ts';
import { temporaryFolder } from './temporary.ts';
import { until } from './until.ts';

export const HOUR = 3_600_000;
export const DAY = 24 * HOUR;

/** A time that tests set; begins at 2026-11-23 13:00:00 UTC. */
export interface Clock {
  now: number;
}

function createClock(): Clock {
  return { now: Date.UTC(2026, 10, 23, 13) };
}

export function callerAt(address: string, agent: string | null = 'test'): Caller {
  return { origin: { protocol: 'tus 1.0.0', address, agent }, request: null };
}

export const CALLER = callerAt('10.0.0.5');

export interface Uploads {
  readonly folder: string;
  readonly store: UploadStore;
  readonly clock: Clock;
  /** Makes an upload; `id` names it, `received` bytes of it come at once. */
  make(upload?: NewUpload): Promise<UploadRecord>;
  /** Brings more bytes. */
  append(id: string, bytes: number | Buffer): Promise<void>;
  /** Brings bytes over a connection that breaks then. */
  breakOff(id: string, bytes: number, caller?: Caller): Promise<void>;
  /** Begins a transfer that stays open; resolves once its first bytes are on disk. */
  begin(id: string, bytes: number): Promise<Transfer>;
}

export interface Transfer {
  send(bytes: number): void;
  end(): Promise<void>;
  ended(): Promise<void>;
}

export interface NewUpload {
  readonly id?: string;
  readonly kind?: 'single' | 'partial';
  readonly length?: number | null;
  readonly received?: number;
  readonly metadata?: Readonly<Record<string, string | Buffer>>;
  readonly caller?: Caller;
}

/** Metadata in the notation of the storage. */
export function metadataOf(pairs: Readonly<Record<string, string | Buffer>>): string {
  return Object.entries(pairs)
    .map(([key, value]) => `${key} ${Buffer.from(value).toString('base64')}`)
    .join(',');
}

/** A directory that a daemon's store serves, with a clock that the test sets. */
export async function serveUploads(
  test: Pick<TestContext, 'after'>,
  options: Partial<StoreOptions> = {},
): Promise<Uploads> {
  const folder = options.uploadDir ?? temporaryFolder(test);
  const clock = createClock();
  let nextId: string | undefined;
  const guards: Guards = {
    ...options.guards,
    beforeCreate: async () => {
      const chosen = nextId === undefined ? {} : { id: nextId };
      nextId = undefined;
      return chosen;
    },
  };
  const store = await openDaemonStore({
    now: () => clock.now,
    fsync: 'never',
    ...options,
    uploadDir: folder,
    guards,
  });
  test.after(() => store.close());
  const append = async (id: string, body: Readable, bodyLength: number | null, caller = CALLER) => {
    const { offset } = await store.find(id);
    await store.append(id, { offset: offset ?? 0, body, bodyLength, caller });
  };
  return {
    folder,
    store,
    clock,
    async make(upload = {}) {
      const { kind = 'single', length = 10, received = 0, metadata, caller = CALLER } = upload;
      nextId = upload.id;
      const made = await store.create({
        kind,
        length,
        metadata: metadata ? metadataOf(metadata) : null,
        protocolData: null,
        caller,
      });
      const { id } = made.record;
      if (received > 0) await append(id, Readable.from([Buffer.alloc(received, 97)]), received);
      return (await store.remember(id))!;
    },
    async append(id, bytes) {
      const body = typeof bytes === 'number' ? Buffer.alloc(bytes, 98) : bytes;
      await append(id, Readable.from([body]), body.length);
    },
    async breakOff(id, bytes, caller) {
      const body = new PassThrough();
      const done = append(id, body, null, caller);
      body.write(Buffer.alloc(bytes, 99));
      await until('the bytes are on disk', async () => (await store.find(id)).offset === bytes);
      body.destroy();
      await done;
    },
    async begin(id, bytes) {
      const body = new PassThrough();
      const { offset } = await store.find(id);
      const done = append(id, body, null);
      body.write(Buffer.alloc(bytes, 100));
      const wanted = (offset ?? 0) + bytes;
      await until(
        'the first bytes are on disk',
        async () => (await store.find(id)).offset === wanted,
      );
      return {
        send: (more) => void body.write(Buffer.alloc(more, 100)),
        ended: () => done,
        async end() {
          body.end();
          await done;
        },
      };
    },
  };
}
