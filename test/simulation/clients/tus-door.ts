import type { IncomingMessage, ServerResponse } from 'node:http';
import { ClientRequest } from '../../../src/hooks/client-request.ts';
import type { Exchange, ExchangeHandler } from '../../../src/protocol/exchange.ts';
import { createTusEndpoint } from '../../../src/protocol/tus/endpoint.ts';
import { createStore } from '../../../src/storage/store.ts';
import type { Running } from '../daemon.ts';
import type { SimulatedBody } from './simulated-body.ts';

/** A tus request on its way to a daemon. Header names are in lower case. */
export interface TusRequest {
  readonly method: 'POST' | 'PATCH' | 'HEAD';
  /** null for the creation URL. */
  readonly id: string | null;
  readonly headers: Readonly<Record<string, string>>;
  /** They come with the end of the body. */
  readonly trailers?: Readonly<Record<string, string>>;
  readonly body?: SimulatedBody;
  /** The request is accepted: its bytes are asked for. */
  readonly onAccepted?: () => void;
  /** By it a creation is known before its client learns of it. */
  readonly token: string;
}

export interface TusAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
}

/** The client's request as the guards of a simulated daemon see it. */
class TokenRequest extends ClientRequest {
  readonly token: string;

  constructor(method: string, token: string) {
    super({ method, uri: '/files/', headers: {} });
    this.token = token;
  }
}

const endpoints = new WeakMap<Running, ExchangeHandler>();

/** Has the real tus endpoint of a daemon serve a request. Throws the Fault that refuses it. */
export async function askTus(daemon: Running, request: TusRequest): Promise<TusAnswer> {
  const endpoint = endpoints.get(daemon) ?? endpointOf(daemon);
  endpoints.set(daemon, endpoint);
  const answer = new Answer();
  await endpoint(exchangeOf(request, answer));
  return { status: answer.statusCode, headers: answer.headers };
}

function endpointOf({ engine }: Running): ExchangeHandler {
  return createTusEndpoint({
    store: createStore(engine, () => engine.close()),
    basePath: '/files/',
    publicUrl: null,
    maxSize: null,
    expiresAt: engine.context.expiresAt,
    expires: true,
    termination: false,
    download: null,
    assertPlainBody: () => {},
    assertConditions: () => {},
  });
}

function exchangeOf(asked: TusRequest, answer: Answer): Exchange {
  const { method, id, headers, trailers = {}, body, token } = asked;
  const all = { 'tus-resumable': '1.0.0', ...headers };
  const request = {
    method,
    headers: all,
    headersDistinct: Object.fromEntries(Object.entries(all).map(([name, text]) => [name, [text]])),
    trailers,
  };
  const origin = { protocol: 'tus 1.0.0', address: '192.0.2.1', agent: null };
  return {
    request: request as unknown as IncomingMessage,
    response: answer as unknown as ServerResponse,
    method,
    id,
    caller: { origin, request: new TokenRequest(method, token) },
    requestId: token,
    body: () => body!,
    urlOf: (made) => `/files/${made}`,
    accept: () => asked.onAccepted?.(),
    addHeader: (name, value) => answer.setHeader(name, value),
    note: {},
  };
}

/** What the endpoint uses of a ServerResponse. */
class Answer {
  statusCode = 200;
  readonly headers: Record<string, string> = {};

  setHeader(name: string, value: string | number): void {
    this.headers[name.toLowerCase()] = String(value);
  }

  removeHeader(name: string): void {
    delete this.headers[name.toLowerCase()];
  }

  end(): void {}
}
