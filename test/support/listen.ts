import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { readBodiesDirectly } from '../../src/http/direct-body/self-test.ts';
import { Listener } from '../../src/http/listener.ts';
import type { ListenerOptions } from '../../src/http/listener-options.ts';
import type { RequestRecord } from '../../src/http/request-record.ts';
import type { Exchange, ExchangeHandler } from '../../src/protocol/exchange.ts';
import type { Protocol } from '../../src/protocol/protocol.ts';
import { DIRECT_BODIES } from './direct-bodies.ts';

export interface ListenOptions extends Partial<ListenerOptions> {
  readonly port?: number;
  readonly host?: string;
  /** Bodies of so many bytes are read from their sockets; null: none are. */
  readonly directBodies?: number | null;
}

export interface Listening {
  /** Of the base path, with its slash. */
  readonly url: string;
  readonly listener: Listener;
  /** What the listener reported about requests, in order. */
  readonly requests: RequestRecord[];
  /** What it took for bugs. */
  readonly bugs: unknown[];
}

const ITEM = ['OPTIONS', 'HEAD', 'POST', 'PATCH', 'DELETE'];

/** A protocol that claims nothing and has this handler. */
export function protocolOf(serve: ExchangeHandler, options: Partial<Protocol> = {}): Protocol {
  return {
    name: 'test',
    endsAtLength: true,
    claims: () => false,
    serve,
    refuse: () => ({}),
    headers: { 'Tus-Resumable': '1.0.0' },
    methods: { collection: ['OPTIONS', 'POST'], item: ITEM },
    methodHeader: 'x-http-method-override',
    cors: { sent: [], read: [] },
    reserves: (header) => /^tus-/i.test(header),
    ...options,
  };
}

/** A listener with one protocol behind it, or its handler; closed when the test ends. */
export async function listen(
  test: Pick<TestContext, 'after'>,
  served: ExchangeHandler | Protocol,
  { directBodies = DIRECT_BODIES, port = 0, host = '127.0.0.1', ...options }: ListenOptions = {},
): Promise<Listening> {
  const requests: RequestRecord[] = [];
  const bugs: unknown[] = [];
  const item = options.download ? ['GET', ...ITEM] : ITEM;
  const methods = { collection: ['OPTIONS', 'POST'], item };
  const protocol = typeof served === 'function' ? protocolOf(served, { methods }) : served;
  const basePath = options.basePath ?? '/uploads/files/';
  const listener = new Listener({
    addresses: [{ kind: 'tcp', host, port }],
    basePath,
    publicUrl: null,
    corsOrigins: ['*'],
    trustedProxies: [],
    headersTimeout: 30_000,
    keepAliveTimeout: 10_000,
    maxHeaderSize: 65_536,
    maxConnections: 100,
    tls: null,
    hstsMs: null,
    protocols: [protocol],
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
  const [first] = await listener.listen();
  test.after(async () => {
    const closed = listener.close();
    listener.closeAll();
    await closed;
  });
  const bound = first?.kind === 'tcp' ? first.port : 0;
  return { url: `http://127.0.0.1:${bound}${basePath}`, listener, requests, bugs };
}

/** Answers every exchange with 200 and this text. */
export function saying(text: (exchange: Exchange) => string): ExchangeHandler {
  return async (exchange) => void exchange.response.end(text(exchange));
}
