import type { IncomingMessage, ServerResponse } from 'node:http';

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
  'Tus-Resumable',
  'Upload-Checksum',
  'Upload-Concat',
  'Upload-Defer-Length',
  'Upload-Length',
  'Upload-Metadata',
  'Upload-Offset',
  'X-HTTP-Method-Override',
  'X-Request-ID',
  'X-Requested-With',
];

/** What a page's script may read of an answer; without these a browser hides the whole protocol. */
const EXPOSED = [
  'Location',
  'Upload-Offset',
  'Upload-Length',
  'Upload-Metadata',
  'Upload-Expires',
  'Upload-Defer-Length',
  'Upload-Concat',
  'Tus-Resumable',
  'Tus-Version',
  'Tus-Extension',
  'Tus-Max-Size',
  'Tus-Checksum-Algorithm',
  'Retry-After',
  // What a player, a viewer or a program that reads a part of a file looks at.
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
].join(', ');

const HEADER_NAME = /^[A-Za-z0-9!#$%&'*+.^_`|~-]+$/;
const DAY = '86400';

export type Cors = (request: IncomingMessage, response: ServerResponse) => void;

/**
 * Sets the CORS headers of every answer, errors included: without them a browser cannot even see
 * the status. `origins` is a list of exact origins, or holds "*".
 */
export function createCors(origins: readonly string[]): Cors {
  const any = origins.includes('*');
  const allowed = new Set(origins.map((origin) => origin.toLowerCase()));
  return (request, response) => {
    const { origin } = request.headers;
    // The answer depends on the origin even when this request has none: a cache must know.
    if (!any) response.setHeader('Vary', 'Origin');
    if (origin === undefined) return;
    if (any) {
      response.setHeader('Access-Control-Allow-Origin', '*');
      response.setHeader('Vary', 'Origin');
    } else if (allowed.has(origin.toLowerCase())) {
      response.setHeader('Access-Control-Allow-Origin', origin);
      // A listed origin is known by name, so cookies of an authenticating proxy may pass.
      response.setHeader('Access-Control-Allow-Credentials', 'true');
    } else return;
    response.setHeader('Access-Control-Expose-Headers', EXPOSED);
    if (request.method !== 'OPTIONS') return;
    response.setHeader('Access-Control-Allow-Methods', METHODS);
    response.setHeader('Access-Control-Allow-Headers', allowedHeaders(request));
    response.setHeader('Access-Control-Max-Age', DAY);
  };
}

/** Ours, and what the page asks for: a hook may look at any header. */
function allowedHeaders(request: IncomingMessage): string {
  const asked = (request.headers['access-control-request-headers'] ?? '')
    .split(',')
    .map((name) => name.trim())
    .filter((name) => HEADER_NAME.test(name));
  const known = new Set(REQUEST_HEADERS.map((name) => name.toLowerCase()));
  const more = asked.filter((name) => !known.has(name.toLowerCase()));
  return [...REQUEST_HEADERS, ...more].join(', ');
}
