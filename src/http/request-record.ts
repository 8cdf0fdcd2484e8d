import type { FaultCode } from '../fault.ts';
import type { BodyPath } from '../storage/model/byte-source.ts';
import type { NoRequest } from './no-request.ts';
import type { OpenExchange } from './open-exchange.ts';
import { withoutQuery } from './target.ts';

/** The log record of one request, written when it has ended. */
export interface RequestRecord {
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly requestId: string;
  /** "-" for bytes that never formed a request. */
  readonly method: string;
  /** As the client sent it, without the query; null for bytes that never formed a request. */
  readonly path: string | null;
  /** null when the client disconnected before the response. */
  readonly status: number | null;
  /** Why it was refused; BUG for an unexpected error, null when it was not refused. */
  readonly code: RefusalCode | null;
  readonly id: string | null;
  /** Body bytes that were stored, or null for a request without a body. */
  readonly bytes: number | null;
  /** How the body was read, or null for a request without a body. */
  readonly body: BodyPath | null;
  readonly ms: number;
  readonly address: string;
  /** Who made the request, or null. */
  readonly principal: string | null;
  readonly note: string;
}

export type RefusalCode = FaultCode | 'BUG';

/** The record of a request that has ended; `started` is a time of performance.now(). */
export function recordOf(
  exchange: OpenExchange,
  at: number,
  started: number,
  refusedOrigin: string | null,
): RequestRecord {
  const { request, response, method, requestId, caller } = exchange;
  const { id, bytes, text, body, code } = exchange.note;
  const origin = refusedOrigin && `origin ${refusedOrigin.slice(0, 200)} is not in corsOrigins`;
  return {
    at,
    requestId,
    method,
    path: loggedPath(request.url ?? ''),
    status: response.headersSent ? response.statusCode : null,
    code: code ?? null,
    id: id ?? exchange.id,
    bytes: bytes ?? null,
    body: body ?? null,
    ms: performance.now() - started,
    address: caller.origin.address,
    principal: caller.origin.principal ?? null,
    note: [text, origin].filter(Boolean).join('; '),
  };
}

/** The record of bytes that never formed a request. */
export function noRequestRecord(
  { method, path, status, code, sentence: note }: NoRequest,
  at: number,
  requestId: string,
  address: string,
): RequestRecord {
  return {
    ...{ at, requestId, method, status, code, id: null, bytes: null, body: null, ms: 0 },
    ...{ address, note, principal: null, path: path === null ? null : loggedPath(path) },
  };
}

/** The longest path in the log (characters). */
const LONGEST_PATH = 1_000;

/** User information stands before the host: in the absolute form, and in that of CONNECT. */
const USER_INFORMATION = /^([a-z][a-z0-9+.-]*:\/\/)?[^/]*@/i;

/** A path for the log, without what may be a secret. */
function loggedPath(url: string): string {
  const path = withoutQuery(url);
  const bare = path.startsWith('/') ? path : path.replace(USER_INFORMATION, '$1');
  return bare.slice(0, LONGEST_PATH);
}
