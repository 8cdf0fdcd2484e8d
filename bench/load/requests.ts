import { createHash } from 'node:crypto';
import { CONTENT, type Request } from './connection.ts';

const OCTETS = 'Content-Type: application/offset+octet-stream\r\n';

export interface CreationOptions {
  readonly length: number;
  /** Sends the bytes along (creation-with-upload). They go out with the head in one piece. */
  readonly withBody: boolean;
}

export function creation(url: URL, { length, withBody }: CreationOptions): Request {
  const body = withBody ? OCTETS : '';
  const head = `${start('POST', url)}Upload-Length: ${length}\r\n${body}Content-Length: ${withBody ? length : 0}\r\n\r\n`;
  const content = CONTENT.subarray(0, withBody ? length : 0);
  return { method: 'POST', bytes: Buffer.concat([Buffer.from(head), content]) };
}

export function append(url: URL, offset: number, length: number, checksum = false): Request {
  const sum = checksum ? `Upload-Checksum: sha256 ${sha256OfContent(length)}\r\n` : '';
  const head = `${start('PATCH', url)}Upload-Offset: ${offset}\r\n${sum}${OCTETS}Content-Length: ${length}\r\n\r\n`;
  return { method: 'PATCH', bytes: Buffer.from(head), content: length };
}

const sums = new Map<number, string>();

/** Of the `length` bytes that follow a head, in Base64; each length is hashed once. */
function sha256OfContent(length: number): string {
  const known = sums.get(length);
  if (known !== undefined) return known;
  const hash = createHash('sha256');
  for (let left = length; left > 0; left -= CONTENT.length) {
    hash.update(CONTENT.subarray(0, Math.min(left, CONTENT.length)));
  }
  const sum = hash.digest('base64');
  sums.set(length, sum);
  return sum;
}

/** HEAD, GET and DELETE. */
export function plain(method: 'HEAD' | 'GET' | 'DELETE', url: URL): Request {
  return { method, bytes: Buffer.from(`${start(method, url)}\r\n`) };
}

/** The password of a URL is a token. */
function start(method: string, url: URL): string {
  const token = url.password === '' ? '' : `Authorization: Bearer ${url.password}\r\n`;
  return `${method} ${url.pathname} HTTP/1.1\r\nHost: ${url.host}\r\nTus-Resumable: 1.0.0\r\n${token}`;
}

/** The URL that an answer gives, with the token of the request. */
export function located(location: string, base: URL): URL {
  const url = new URL(location, base);
  url.password = base.password;
  return url;
}
