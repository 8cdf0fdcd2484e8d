import type { TestContext } from 'node:test';
import type { Reply } from '../../../conformance/reply.ts';
import { foreignTarget, type Target } from '../../../conformance/target.ts';
import {
  ask,
  type Content,
  type Headers,
  headerLines,
  OFFSET_STREAM,
  pathOf,
} from '../../../conformance/tus.ts';
import { Wire } from '../../../conformance/wire.ts';
import { assertConditions } from '../../../src/http/download/conditions.ts';
import { createDownload } from '../../../src/http/download/download.ts';
import type { ListenerOptions } from '../../../src/http/listener-options.ts';
import { assertPlainBody } from '../../../src/http/plain-body.ts';
import { createTus } from '../../../src/protocol/tus/tus.ts';
import { openStore, type StoreOptions, type UploadStore } from '../../../src/storage/store.ts';
import { listen } from '../../support/listen.ts';
import { temporaryFolder } from '../../support/temporary.ts';

export interface Served {
  readonly url: string;
  readonly store: UploadStore;
  readonly target: Target;
  ask(method: string, url: string, headers?: Headers, content?: Content): Promise<Reply>;
  /** PATCH of these bytes at an offset. */
  patch(url: string, offset: number | string, body: string, more?: Content): Promise<Reply>;
  /** A creation; resolves with the URL. */
  make(headers: Headers, body?: string): Promise<string>;
  /** The headers of HEAD. */
  look(url: string): Promise<Map<string, string>>;
  /** Sends header lines and a body exactly as given. */
  raw(method: string, url: string, lines: [string, string][], body?: string): Promise<Reply>;
  /** How many uploads there are. */
  count(): Promise<number>;
}

export const FIVE = { 'Upload-Length': '5' };
export const DEFERRED = { 'Upload-Defer-Length': '1' };

/** tus behind a port, on a store in a folder of its own. */
export async function served(
  test: TestContext,
  options: { store?: Partial<StoreOptions>; listener?: Partial<ListenerOptions> } = {},
): Promise<Served> {
  const store = await openStore({
    fsync: 'never',
    uploadDir: temporaryFolder(test),
    ...options.store,
  });
  test.after(() => store.close());
  const download = createDownload(store, { idleTimeout: 30_000 });
  const { basePath = '/uploads/files/', publicUrl = null } = options.listener ?? {};
  const ready = Promise.resolve({
    store,
    basePath,
    publicUrl,
    maxSize: null,
    expiresAt: () => null,
    expires: false,
    termination: true,
    download,
    assertPlainBody,
    assertConditions,
  });
  const tus = createTus({ download: true, termination: true }, ready);
  const { url } = await listen(test, tus, { download, ...options.listener });
  const target = foreignTarget(url);
  const asking = (method: string, address: string, headers: Headers = {}, content: Content = {}) =>
    ask(target, method, address, { ...content, headers: { ...headers, ...content.headers } });
  return {
    url,
    store,
    target,
    ask: asking,
    patch: (address, offset, body, more = {}) =>
      asking(
        'PATCH',
        address,
        { 'Content-Type': OFFSET_STREAM, 'Upload-Offset': String(offset) },
        { body: Buffer.from(body), ...more },
      ),
    async make(headers, body) {
      const typed = body === undefined ? headers : { 'Content-Type': OFFSET_STREAM, ...headers };
      const content = body === undefined ? {} : { body: Buffer.from(body) };
      const reply = await asking('POST', url, typed, content);
      if (reply.status !== 201) throw new Error(`${reply.status} ${reply.body}`);
      const { pathname } = new URL(reply.headers.get('location') ?? '', url);
      return `${new URL(url).origin}${basePath}${pathname.split('/').at(-1)}`;
    },
    look: async (address) => (await asking('HEAD', address)).headers,
    async raw(method, address, lines, body = '') {
      const wire = await Wire.open(address, 10_000);
      try {
        const all = [...headerLines(target, method, address, {}), ...lines];
        wire.head(method, pathOf(address), all);
        wire.write(Buffer.from(body));
        return await wire.reply();
      } finally {
        wire.close();
      }
    },
    async count() {
      const found = [];
      for await (const { id } of store.list()) found.push(id);
      return found.length;
    },
  };
}
