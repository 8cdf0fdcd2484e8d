import type { Socket } from 'node:net';
import { ClientRequest } from '../hooks/client-request.ts';
import type { Caller, UploadRecord } from '../storage/model/upload.ts';

/** The caller for whom a request of @tus/server changes an upload. */
export interface Acting {
  readonly caller: Caller;
  /** Upload-Metadata as the client sent it; @tus/server passes on values decoded as UTF-8. */
  readonly metadata?: string | null;
  /** Throws when a precondition of the request does not hold for the upload to be removed. */
  readonly check?: (record: UploadRecord) => void;
  /** Aborts when the client disconnects. */
  readonly signal?: () => AbortSignal;
}

/** The parts used here of the requests that @tus/server passes to its `locker` option. */
export interface TusRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: Headers;
  /** On node:http, `req` is the original request. */
  readonly runtime?: { readonly node?: NodeRuntime | undefined } | undefined;
}

interface NodeRuntime {
  readonly req: { readonly socket: Pick<Socket, 'remoteAddress' | 'remotePort'> };
}

/** The request is unknown: the application uses another locker, or there is no request. */
export const UNKNOWN: Acting = {
  caller: { origin: { protocol: 'tus 1.0.0', address: '', agent: null }, request: null },
};

/** Describes a request of @tus/server. `address` is the application's; default: the socket's. */
export function actingOf(request: TusRequest, address?: string | undefined): Acting {
  const node = request.runtime?.node?.req;
  const { remoteAddress = '', remotePort } = node?.socket ?? {};
  const { pathname, search } = new URL(request.url, 'http://localhost');
  const agent = request.headers.get('user-agent')?.slice(0, 300) ?? null;
  return {
    caller: {
      origin: {
        protocol: 'tus 1.0.0',
        // An IPv4 client on an IPv6 socket.
        address: address ?? remoteAddress.replace(/^::ffff:(?=\d+\.)/, ''),
        agent,
      },
      request: new ClientRequest({
        method: request.method,
        uri: pathname + search,
        ...(address === undefined && remotePort !== undefined ? { port: remotePort } : {}),
        headers: Object.fromEntries([...request.headers].map(([name, value]) => [name, [value]])),
      }),
    },
    metadata: request.headers.get('upload-metadata'),
  };
}
