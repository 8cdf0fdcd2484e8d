import type { IncomingMessage } from 'node:http';
import { Fault } from '../../fault.ts';

const INTEGER = /^\d+$/;

/** The one media type of bytes that are appended (tus 1.0.0, PATCH). */
export const OFFSET_OCTET_STREAM = 'application/offset+octet-stream';

/** A header's value, or undefined. Repeated headers that may stand only once are refused. */
export function header(request: IncomingMessage, name: string): string | undefined {
  const values = request.headersDistinct[name];
  if (values === undefined) return undefined;
  if (values.length > 1) throw new Fault('BAD_REQUEST', `the header ${name} stands more than once`);
  return values[0];
}

/** A non-negative integer up to 2^53 - 1; undefined when the header is missing. */
export function integerHeader(request: IncomingMessage, name: string): number | undefined {
  const text = header(request, name);
  if (text === undefined) return undefined;
  if (!INTEGER.test(text)) {
    throw new Fault('BAD_REQUEST', `${name} must be a non-negative integer`);
  }
  const value = Number(text);
  if (!Number.isSafeInteger(value)) {
    throw new Fault('TOO_LARGE', `${name} is larger than ${Number.MAX_SAFE_INTEGER}`);
  }
  return value;
}

/** true for `Upload-Defer-Length: 1`; any other value is refused (tus 1.0.0, creation). */
export function deferLengthHeader(request: IncomingMessage): boolean {
  const text = header(request, 'upload-defer-length');
  if (text === undefined) return false;
  if (text !== '1') throw new Fault('BAD_REQUEST', 'upload-defer-length must be 1');
  return true;
}

/** How many bytes the body declares; null when it is sent in chunks. */
export function bodyLength(request: IncomingMessage): number | null {
  if (request.headers['transfer-encoding'] !== undefined) return null;
  return Number(request.headers['content-length'] ?? 0);
}
