import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Caller } from '../storage/model/upload.ts';
import type { ClientAddress } from './client-address.ts';
import { clientPort } from './client-port.ts';
import type { Exchange } from './exchange.ts';
import { setForeignHeader } from './foreign-header.ts';
import { methodOf } from './method.ts';
import { parseTarget, placeOf } from './target.ts';

export interface ExchangePlace {
  /** Begins and ends with a slash. */
  readonly basePath: string;
  /** The base path's URL as clients know it, or null. */
  readonly publicUrl: string | null;
  readonly protocolName: string;
}

/** An exchange, and where it belongs. */
export interface OpenExchange extends Exchange {
  /** Under the base path, or about the server as a whole. */
  readonly inBase: boolean;
  /** The target is none that a server is asked for. */
  readonly badTarget: boolean;
}

/** Settles what a request is about: its target, its method and its client. Never throws. */
export function openExchange(
  place: ExchangePlace,
  request: IncomingMessage,
  response: ServerResponse,
  client: ClientAddress,
  expects: boolean,
): OpenExchange {
  const { basePath, publicUrl } = place;
  const { forwarded, prefix } = client;
  const method = methodOf(request);
  // A tunnel's target is a host: it is refused as a method.
  const target = parseTarget(method, method === 'CONNECT' ? '/' : (request.url ?? '/'));
  const { path = '' } = target ?? {};
  const origin = forwarded ? `${forwarded.proto}://${forwarded.host}` : '';
  const base = publicUrl ?? `${origin}${prefix}${basePath}`;
  const { inBase, id } = placeOf(basePath, path);
  return {
    inBase,
    id,
    badTarget: target === undefined,
    request,
    response,
    method,
    caller: callerOf(request, client.address, place.protocolName),
    urlOf: (id) => base + id,
    accept: () => {
      if (expects && !response.headersSent) response.writeContinue();
    },
    addHeader: (name, value) => setForeignHeader(response, name, value),
    note: {},
  };
}

function callerOf(request: IncomingMessage, address: string, protocol: string): Caller {
  return {
    origin: { protocol, address, agent: request.headers['user-agent']?.slice(0, 300) ?? null },
    request: {
      method: request.method ?? '',
      uri: request.url ?? '',
      port: clientPort(request, address),
      get headers() {
        return request.headersDistinct as Record<string, string[]>;
      },
    },
  };
}
