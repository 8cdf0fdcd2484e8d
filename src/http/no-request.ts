import { STATUS_CODES } from 'node:http';
import { errnoOf, type FaultCode } from '../fault.ts';

/** The response to bytes that never formed a request. */
export interface NoRequest {
  readonly status: number;
  readonly method: string;
  /** As received, without the query; null if there is none. */
  readonly path: string | null;
  readonly sentence: string;
  readonly code: FaultCode;
}

type Known = readonly [status: number, code: FaultCode, sentence: string];

const KNOWN: Readonly<Record<string, Known>> = {
  HPE_HEADER_OVERFLOW: [431, 'BAD_REQUEST', 'the headers are too long'],
  HPE_CHUNK_EXTENSIONS_OVERFLOW: [413, 'TOO_LARGE', 'the extensions of a chunk are too long'],
  ERR_HTTP_REQUEST_TIMEOUT: [408, 'TIMEOUT', 'the headers did not come in time'],
  HPE_INVALID_EOF_STATE: [400, 'BAD_REQUEST', 'the connection ended in the middle of a request'],
};

/** A well-formed request line with any method. */
const FIRST_LINE = /^([!#$%&'*+.^_`|~0-9A-Za-z-]{1,40}) (\S{1,8000}) HTTP\/1\.[01]\r?\n/;

/**
 * Describes a parser error for the client; undefined for errors of the connection itself. A method
 * unknown to Node gets 405.
 */
export function describeNoRequest(error: Error): NoRequest | undefined {
  const code = errnoOf(error) ?? '';
  if (!code.startsWith('HPE_') && code !== 'ERR_HTTP_REQUEST_TIMEOUT') return undefined;
  const unknown = { method: '-', path: null };
  const known = KNOWN[code];
  if (known) return { status: known[0], code: known[1], sentence: known[2], ...unknown };
  const line = code === 'HPE_INVALID_METHOD' ? firstLine(error) : undefined;
  if (line) {
    const sentence = 'this server does not know that method';
    return { status: 405, code: 'METHOD_NOT_ALLOWED', sentence, ...line };
  }
  const { reason } = error as Error & { reason?: string };
  const why = reason === undefined ? '' : ` (${reason})`;
  const sentence = `this is not a valid HTTP request${why}`;
  return { status: 400, code: 'BAD_REQUEST', sentence, ...unknown };
}

function firstLine(error: Error): { method: string; path: string } | undefined {
  const { rawPacket, bytesParsed = 0 } = error as Error & {
    rawPacket?: Buffer;
    bytesParsed?: number;
  };
  if (!rawPacket) return undefined;
  // The parser stops within the method: the line began shortly before, at most 40 characters.
  const from = rawPacket.lastIndexOf('\n', Math.max(0, bytesParsed - 1)) + 1;
  const match = FIRST_LINE.exec(rawPacket.toString('latin1', from, from + 8_192));
  return match ? { method: match[1]!, path: match[2]! } : undefined;
}

/** The bytes of a response that closes its connection. */
export function noRequestAnswer(
  { status, sentence }: NoRequest,
  headers: Readonly<Record<string, string>>,
  now: number,
): string {
  const body = `${sentence}\n`;
  const lines = Object.entries({
    ...headers,
    Date: new Date(now).toUTCString(),
    Connection: 'close',
    'Content-Type': 'text/plain; charset=utf-8',
    'Content-Length': String(Buffer.byteLength(body)),
  }).map(([name, value]) => `${name}: ${value}\r\n`);
  return `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${lines.join('')}\r\n${body}`;
}
