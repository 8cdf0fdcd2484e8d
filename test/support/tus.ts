import { type Agent, request as httpRequest, type IncomingHttpHeaders } from 'node:http';
import { Readable } from 'node:stream';

export interface Reply {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

export interface Content {
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent with its length, or in chunks when it is an iterable without `length`. */
  readonly body?: Buffer | Iterable<Buffer> | AsyncIterable<Buffer>;
  /** Declares the length of a body that comes in pieces. */
  readonly length?: number;
  /** Sent behind a chunked body. */
  readonly trailers?: Readonly<Record<string, string>>;
  readonly agent?: Agent;
}

export const OFFSET_STREAM = 'application/offset+octet-stream';

/** One tus request. Rejects when the connection broke before the answer was complete. */
export function send(method: string, url: string, content: Content = {}): Promise<Reply> {
  const { body = Buffer.alloc(0), trailers, agent } = content;
  const length = Buffer.isBuffer(body) ? body.length : content.length;
  const headers: Record<string, string> = { 'Tus-Resumable': '1.0.0', ...content.headers };
  if (length !== undefined && method !== 'HEAD') headers['Content-Length'] = String(length);
  if (trailers) headers.Trailer = Object.keys(trailers).join(', ');
  return new Promise((resolve, reject) => {
    const request = httpRequest(url, { method, headers, agent: agent ?? false });
    // After the answer, a connection that refuses the rest of the body is no news.
    request.on('error', reject);
    request.on('response', (response) => {
      const parts: Buffer[] = [];
      response.on('data', (part: Buffer) => parts.push(part));
      response.on('error', reject);
      response.on('end', () => {
        const { statusCode = 0, headers } = response;
        resolve({ status: statusCode, headers, body: Buffer.concat(parts) });
      });
    });
    if (Buffer.isBuffer(body)) {
      request.end(body);
      return;
    }
    const pieces = Readable.from(body);
    // What breaks the request breaks its source, so that a test's generator ends, too.
    request.on('close', () => pieces.destroy());
    pieces.on('data', (piece: Buffer) => request.write(piece));
    pieces.on('error', (error) => request.destroy(error));
    pieces.on('end', () => {
      if (trailers) request.addTrailers(trailers);
      request.end();
    });
  });
}

/** A creation's headers. */
export function creation(length: number | null, more: Readonly<Record<string, string>> = {}) {
  const size = length === null ? { 'Upload-Defer-Length': '1' } : { 'Upload-Length': `${length}` };
  return { ...size, ...more };
}

/** An append's headers. */
export function appendAt(offset: number, more: Readonly<Record<string, string>> = {}) {
  return { 'Content-Type': OFFSET_STREAM, 'Upload-Offset': `${offset}`, ...more };
}

/** The absolute URL of what a creation made. */
export function locationOf(base: string, reply: Reply): string {
  if (reply.status !== 201) throw new Error(`no creation: ${reply.status} ${reply.body}`);
  return new URL(reply.headers.location ?? '', base).href;
}

/** The id at the end of an upload's URL. */
export function idOf(url: string): string {
  return url.slice(url.lastIndexOf('/') + 1);
}

/** The offset that an answer tells; NaN for none. */
export function offsetOf(reply: Reply): number {
  return Number(reply.headers['upload-offset'] ?? Number.NaN);
}

/** The requests of tus 1.0.0 to one server. */
export interface Tus {
  /** POST; resolves with the answer and the upload's URL and id. */
  create(
    headers?: Readonly<Record<string, string>>,
    body?: string,
  ): Promise<{ reply: Reply; url: string; id: string }>;
  head(url: string): Promise<Reply>;
  patch(
    url: string,
    offset: number,
    body: string,
    headers?: Readonly<Record<string, string>>,
  ): Promise<Reply>;
  remove(url: string): Promise<Reply>;
}

export function tusAt(endpoint: string): Tus {
  return {
    async create(headers = {}, body) {
      const type = body === undefined ? {} : { 'Content-Type': OFFSET_STREAM };
      const content = { headers: { ...type, ...headers }, body: Buffer.from(body ?? '') };
      const reply = await send('POST', endpoint, content);
      const url = new URL(reply.headers.location ?? '', endpoint).href;
      return { reply, url, id: idOf(url) };
    },
    head: (url) => send('HEAD', url),
    patch: (url, offset, body, headers = {}) =>
      send('PATCH', url, { headers: appendAt(offset, headers), body: Buffer.from(body) }),
    remove: (url) => send('DELETE', url),
  };
}
