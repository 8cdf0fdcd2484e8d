import { Readable } from 'node:stream';
import type { TestContext } from 'node:test';
import type { Hook } from '../../../src/config/hooks/hook-schema.ts';
import { type ClientCaller, ClientRequest } from '../../../src/hooks/client-request.ts';
import type { HooksOptions } from '../../../src/hooks/hook-set.ts';
import { createHooks, type Hooks } from '../../../src/hooks/hooks.ts';
import type { AppendOutcome } from '../../../src/storage/store.ts';
import {
  type CreateRequest,
  openStore as openDaemonStore,
  type UploadStore,
} from '../../../src/storage/store.ts';
import { temporaryFolder } from '../../support/temporary.ts';
import { metadataOf } from '../../support/uploads.ts';

export interface HookedStore {
  readonly folder: string;
  readonly store: UploadStore;
  readonly hooks: Hooks;
  /** "warn: …", "info: …" */
  readonly log: string[];
  create(
    upload?: Partial<CreateRequest> & { names?: Record<string, string | Buffer> },
  ): Promise<AppendOutcome>;
  append(id: string, bytes: string, offset?: number): Promise<AppendOutcome>;
  /** The request of the last `create` or `append`, with what hooks have left for its client. */
  client(): ClientRequest;
  /** Makes an upload and brings all of it. */
  finish(bytes?: string, names?: Record<string, string | Buffer>): Promise<string>;
  /** Ends the deliveries and the store; a test need not. */
  close(): Promise<void>;
}

export interface HookedOptions extends Partial<Omit<HooksOptions, 'hooks'>> {
  readonly folder?: string;
  readonly writerWait?: number;
  /** Otherwise the test starts the deliveries when it is ready for them. */
  readonly started?: boolean;
}

export function request(method: string, headers: Record<string, string> = {}): ClientCaller {
  const lists = Object.entries(headers).map(([name, value]) => [name, [value]] as const);
  return {
    origin: { protocol: 'tus 1.0.0', address: '10.0.0.5', agent: 'test' },
    request: new ClientRequest({
      method,
      uri: '/uploads/files/',
      headers: Object.fromEntries(lists),
    }),
  };
}

/** A store that a daemon serves, with hooks; no jitter, so that what failed is due again at once. */
export async function serveWithHooks(
  test: Pick<TestContext, 'after'>,
  hooks: readonly Hook[],
  options: HookedOptions = {},
): Promise<HookedStore> {
  const { folder = temporaryFolder(test), writerWait = 10_000, started = true, ...more } = options;
  const log: string[] = [];
  const made = createHooks({
    hooks,
    concurrency: 16,
    now: Date.now,
    log: (level, message) => log.push(`${level}: ${message}`),
    env: process.env,
    kill: process.kill.bind(process),
    random: () => 0,
    ...more,
  });
  const store = await openDaemonStore({
    uploadDir: folder,
    fsync: 'never',
    guards: made.guards,
    plan: made.plan,
    limits: { writerWait },
    ...(more.now ? { now: more.now } : {}),
  });
  if (started) await made.start(store);
  let closed: Promise<void> | undefined;
  const close = () => {
    closed ??= made.stop(0).then(() => store.close());
    return closed;
  };
  test.after(close);
  let client: ClientRequest | undefined;
  const asking = (...about: Parameters<typeof request>) => {
    const caller = request(...about);
    client = caller.request;
    return caller;
  };
  const create: HookedStore['create'] = ({ names, ...upload } = {}) =>
    store.create({
      kind: 'single',
      length: 5,
      metadata: names ? metadataOf(names) : null,
      protocolData: null,
      caller: asking('POST', { host: 'files.example.org' }),
      ...upload,
    });
  const append: HookedStore['append'] = (id, bytes, offset = 0) =>
    store.append(id, {
      offset,
      body: Readable.from([Buffer.from(bytes)]),
      bodyLength: Buffer.byteLength(bytes),
      caller: asking('PATCH', { 'upload-offset': String(offset) }),
    });
  return {
    folder,
    store,
    hooks: made,
    log,
    create,
    append,
    client() {
      if (!client) throw new Error('nothing was asked for');
      return client;
    },
    close,
    async finish(bytes = 'hello', names) {
      const { record } = await create({ length: bytes.length, ...(names ? { names } : {}) });
      await append(record.id, bytes);
      return record.id;
    },
  };
}
