import type { IncomingMessage, ServerResponse } from 'node:http';
import type { CorsHeaders } from '../protocol/protocol.ts';

const METHODS = 'GET, HEAD, POST, PATCH, DELETE, OPTIONS';

const REQUEST_HEADERS = [
  'Authorization',
  'Content-Type',
  'If-Match',
  'If-Modified-Since',
  'If-None-Match',
  'If-Range',
  'If-Unmodified-Since',
  'Range',
  'X-Request-ID',
  'X-Requested-With',
];

/** Response headers that scripts may read; browsers hide all others. */
const EXPOSED = [
  'Location',
  'Retry-After',
  // Used by media players, viewers and clients that read part of a file.
  'Accept-Ranges',
  'Allow',
  'Cache-Control',
  'Content-Disposition',
  'Content-Length',
  'Content-Range',
  'Content-Type',
  'Date',
  'ETag',
  'Last-Modified',
  'X-Request-ID',
];

const HEADER_NAME = /^[A-Za-z0-9!#$%&'*+.^_`|~-]+$/;
const DAY = '86400';

/** Returns the origin of a page that may not read the answer, or null. */
export type Cors = (request: IncomingMessage, response: ServerResponse) => string | null;

/**
 * Sets the CORS headers of every answer, errors included: without them a browser cannot even see
 * the status. `origins` is a list of exact origins, or holds "*".
 */
export function createCors(origins: readonly string[], ...more: CorsHeaders[]): Cors {
  const exposed = [...EXPOSED, ...more.flatMap(({ read }) => read)].join(', ');
  const sent = [...REQUEST_HEADERS, ...more.flatMap(({ sent }) => sent)];
  const any = origins.includes('*');
  const allowed = new Set(origins.map((origin) => origin.toLowerCase()));
  return (request, response) => {
    const { origin } = request.headers;
    // The answer depends on the origin even when this request has none: a cache must know.
    if (!any) response.setHeader('Vary', 'Origin');
    if (origin === undefined) return null;
    if (any) {
      response.setHeader('Access-Control-Allow-Origin', '*');
      response.setHeader('Vary', 'Origin');
    } else if (allowed.has(origin.toLowerCase())) {
      response.setHeader('Access-Control-Allow-Origin', origin);
      // A listed origin is known by name, so cookies of an authenticating proxy may pass.
      response.setHeader('Access-Control-Allow-Credentials', 'true');
    } else return isOwn(origin, request) ? null : origin;
    response.setHeader('Access-Control-Expose-Headers', exposed);
    if (request.method !== 'OPTIONS') return null;
    response.setHeader('Access-Control-Allow-Methods', METHODS);
    response.setHeader('Access-Control-Allow-Headers', allowedHeaders(request, sent));
    response.setHeader('Access-Control-Max-Age', DAY);
    return null;
  };
}

/** A page of the very host that it asks needs no leave: its browser sends the origin all the same. */
function isOwn(origin: string, { headers }: IncomingMessage): boolean {
  return origin.toLowerCase().replace(/^https?:\/\//, '') === headers.host?.toLowerCase();
}

/** Ours, and what the page asks for: a hook may look at any header. */
function allowedHeaders(request: IncomingMessage, sent: readonly string[]): string {
  const asked = (request.headers['access-control-request-headers'] ?? '')
    .split(',')
    .map((name) => name.trim())
    .filter((name) => HEADER_NAME.test(name));
  const known = new Set(sent.map((name) => name.toLowerCase()));
  const more = asked.filter((name) => !known.has(name.toLowerCase()));
  return [...sent, ...more].join(', ');
}
