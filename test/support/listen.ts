import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { readBodiesDirectly } from '../../src/http/direct-body/self-test.ts';
import type { Exchange, ExchangeHandler } from '../../src/http/exchange.ts';
import { Listener, type ListenerOptions } from '../../src/http/listener.ts';
import type { RequestRecord } from '../../src/http/request-record.ts';
import { DIRECT_BODIES } from './direct-bodies.ts';

export interface ListenOptions extends Partial<ListenerOptions> {
  /** Bodies of so many bytes are read from their sockets; null: none are. */
  readonly directBodies?: number | null;
}

export interface Listening {
  /** Of the base path, with its slash. */
  readonly url: string;
  readonly listener: Listener;
  /** What the listener told of requests, in order. */
  readonly requests: RequestRecord[];
  /** What it took for bugs. */
  readonly bugs: unknown[];
}

const ITEM = ['OPTIONS', 'HEAD', 'POST', 'PATCH', 'DELETE'];

/** A listener with `protocol` behind it; closed when the test ends. */
export async function listen(
  test: Pick<TestContext, 'after'>,
  protocol: ExchangeHandler,
  { directBodies = DIRECT_BODIES, ...options }: ListenOptions = {},
): Promise<Listening> {
  const requests: RequestRecord[] = [];
  const bugs: unknown[] = [];
  const basePath = options.basePath ?? '/uploads/files/';
  const listener = new Listener({
    port: 0,
    host: '127.0.0.1',
    basePath,
    publicUrl: null,
    corsOrigins: ['*'],
    trustedProxies: [],
    headersTimeout: 30_000,
    maxConnections: 100,
    protocolName: 'test',
    methods: { collection: ['OPTIONS', 'POST'], item: options.download ? ['GET', ...ITEM] : ITEM },
    corsHeaders: { sent: [], read: [] },
    refusalHeaders: { 'Tus-Resumable': '1.0.0' },
    protocol,
    download: null,
    prepare: async (server) => {
      if (directBodies !== null) assert.ok(await readBodiesDirectly(server, directBodies));
    },
    onRequest: (record) => requests.push(record),
    onTurnedAway: () => {},
    onMoreRefused: () => {},
    onForwardedIgnored: () => {},
    onBug: (error) => bugs.push(error),
    now: Date.now,
    ...options,
  });
  const { port } = await listener.listen();
  test.after(async () => {
    const closed = listener.close();
    listener.closeAll();
    await closed;
  });
  return { url: `http://127.0.0.1:${port}${basePath}`, listener, requests, bugs };
}

/** Answers every exchange with 200 and this text. */
export function saying(text: (exchange: Exchange) => string): ExchangeHandler {
  return async (exchange) => void exchange.response.end(text(exchange));
}
