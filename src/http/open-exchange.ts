import type { IncomingMessage, ServerResponse } from 'node:http';
import { type ClientCaller, ClientRequest, type RequestFacts } from '../hooks/client-request.ts';
import type { Exchange } from '../protocol/exchange.ts';
import type { Protocol } from '../protocol/protocol.ts';
import type { ByteSource } from '../storage/model/byte-source.ts';
import type { ClientAddress } from './client/client-address.ts';
import { clientPort } from './client/client-port.ts';
import { bodyOf } from './direct-body/direct-body.ts';
import { setForeignHeader } from './foreign-header.ts';
import { methodOf } from './method.ts';
import { requestIdOf } from './request-id.ts';
import { parseTarget, placeOf } from './target.ts';

export interface ExchangePlace {
  /** Begins and ends with a slash. */
  readonly basePath: string;
  /** The base path's URL as clients know it, or null. */
  readonly publicUrl: string | null;
}

/** An exchange, and where its target is. */
export interface OpenExchange extends Exchange {
  /** Gets its principal when access is decided. */
  caller: ClientCaller;
  readonly client: ClientAddress;
  /** On the clock of `performance.now`. */
  readonly startedAt: number;
  readonly protocol: Protocol;
  /** The path of the target; empty when the target is malformed. */
  readonly path: string;
  /** Under the base path, or about the server as a whole. */
  readonly inBase: boolean;
  /** The request target is malformed. */
  readonly badTarget: boolean;
}

/** Determines the target, method and client of a request. Never throws. */
export function openExchange(
  place: ExchangePlace,
  protocol: Protocol,
  request: IncomingMessage,
  response: ServerResponse,
  client: ClientAddress,
  expects: boolean,
  startedAt: number,
): OpenExchange {
  const { basePath, publicUrl } = place;
  const { forwarded, prefix } = client;
  const note: OpenExchange['note'] = {};
  let source: ByteSource | undefined;
  const method = methodOf(request, protocol.methodHeader);
  // The target of CONNECT is a host; the method itself is refused.
  const target = parseTarget(method, method === 'CONNECT' ? '/' : (request.url ?? '/'));
  const { path = '' } = target ?? {};
  const origin = forwarded ? `${forwarded.proto}://${forwarded.host}` : '';
  const base = publicUrl ?? `${origin}${prefix}${basePath}`;
  const { inBase, id } = placeOf(basePath, path);
  const requestId = requestIdOf(client.trusted ? request : null);
  return {
    requestId,
    path,
    inBase,
    id,
    badTarget: target === undefined,
    protocol,
    request,
    response,
    method,
    caller: callerOf(request, client.address, protocol.name, requestId),
    client,
    startedAt,
    body: () => {
      source = bodyOf(request);
      return source;
    },
    urlOf: (id) => base + id,
    accept: () => {
      if (source) note.body = source.path;
      if (expects && !response.headersSent) response.writeContinue();
    },
    addHeader: (name, value) => setForeignHeader(response, protocol, name, value),
    note,
  };
}

function callerOf(
  request: IncomingMessage,
  address: string,
  protocol: string,
  requestId: string,
): ClientCaller {
  const agent = request.headers['user-agent']?.slice(0, 300) ?? null;
  return {
    origin: { protocol, address, agent, requestId },
    request: new ClientRequest(new HttpFacts(request, address)),
  };
}

/** Reads a request for the few who ask: hooks. A getter in an object literal costs microseconds. */
class HttpFacts implements RequestFacts {
  readonly #request: IncomingMessage;
  readonly #address: string;

  constructor(request: IncomingMessage, address: string) {
    this.#request = request;
    this.#address = address;
  }

  get method(): string {
    return this.#request.method ?? '';
  }

  get uri(): string {
    return this.#request.url ?? '';
  }

  get port(): number {
    return clientPort(this.#request, this.#address);
  }

  get headers(): Readonly<Record<string, readonly string[]>> {
    return this.#request.headersDistinct as Record<string, string[]>;
  }
}
