import type { IncomingMessage } from 'node:http';
import { Fault } from '../../fault.ts';
import { headerLines } from '../../text/header-lines.ts';

/** Decimal without sign or leading zeros, so that each number has one spelling. */
const INTEGER = /^(?:0|[1-9]\d*)$/;

/** The required media type of a PATCH body (tus 1.0.0, PATCH). */
export const OFFSET_OCTET_STREAM = 'application/offset+octet-stream';

/**
 * A header's value, or undefined. Throws BAD_REQUEST when the header is repeated with different
 * values; a line duplicated by a proxy is harmless.
 */
export function header(request: IncomingMessage, name: string): string | undefined {
  const [value, ...more] = linesOf(request, name);
  if (more.some((other) => other !== value)) {
    throw new Fault('BAD_REQUEST', `the header ${name} stands more than once, with other values`);
  }
  return value;
}

const NONE: readonly string[] = [];

function linesOf({ headers, rawHeaders }: IncomingMessage, name: string): readonly string[] {
  return headers[name] === undefined ? NONE : headerLines(rawHeaders, name);
}

/**
 * The value of a list header: repeated lines form one list (RFC 9110, 5.3). undefined if absent.
 */
export function listHeader(request: IncomingMessage, name: string): string | undefined {
  const lines = linesOf(request, name);
  return lines.length === 0 ? undefined : [...new Set(lines)].join(',');
}

/** The body's media type without its parameters, in lower case; empty when none is given. */
export function mediaType(request: IncomingMessage): string {
  const [type = ''] = (header(request, 'content-type') ?? '').split(';');
  return type.trim().toLowerCase();
}

/** Upload-Length: an integer up to 2^53 - 1, or undefined. Throws BAD_REQUEST or TOO_LARGE. */
export function lengthHeader(request: IncomingMessage): number | undefined {
  const value = integerHeader(request, 'upload-length');
  if (value !== undefined && !Number.isSafeInteger(value)) {
    throw new Fault('TOO_LARGE', `upload-length is larger than ${Number.MAX_SAFE_INTEGER}`);
  }
  return value;
}

/**
 * Upload-Offset. A value too large for any upload is not malformed: it becomes Infinity and fails
 * like every other wrong offset. Throws BAD_REQUEST.
 */
export function offsetHeader(request: IncomingMessage): number {
  const value = integerHeader(request, 'upload-offset');
  if (value === undefined) throw new Fault('BAD_REQUEST', 'upload-offset is missing');
  return Number.isSafeInteger(value) ? value : Number.POSITIVE_INFINITY;
}

/** A non-negative integer of any size; undefined when the header is missing. */
function integerHeader(request: IncomingMessage, name: string): number | undefined {
  const text = header(request, name);
  if (text === undefined) return undefined;
  if (!INTEGER.test(text)) {
    throw new Fault('BAD_REQUEST', `${name} must be a non-negative integer in plain digits`);
  }
  return Number(text);
}

/** true for `Upload-Defer-Length: 1`; any other value is refused (tus 1.0.0, creation). */
export function deferLengthHeader(request: IncomingMessage): boolean {
  const text = header(request, 'upload-defer-length');
  if (text === undefined) return false;
  if (text !== '1') throw new Fault('BAD_REQUEST', 'upload-defer-length must be 1');
  return true;
}

/** The declared length of the body; null when it is chunked. */
export function bodyLength(request: IncomingMessage): number | null {
  if (request.headers['transfer-encoding'] !== undefined) return null;
  return Number(request.headers['content-length'] ?? 0);
}
