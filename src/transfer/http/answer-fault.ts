import type { IncomingHttpHeaders } from 'node:http';
import { Fault, type FaultCode, type FaultOptions } from '../../fault.ts';
import { retryAfterSeconds } from './retry-after.ts';

export interface AnswerHead {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** After redirects. */
  readonly url: URL;
}

const CODES: Readonly<Record<number, FaultCode>> = {
  401: 'FORBIDDEN',
  403: 'FORBIDDEN',
  404: 'NOT_FOUND',
  407: 'FORBIDDEN',
  408: 'TIMEOUT',
  409: 'CONFLICT',
  410: 'GONE',
  412: 'VERSION_UNSUPPORTED',
  413: 'TOO_LARGE',
  423: 'LOCKED',
  425: 'UNREACHABLE',
  429: 'UNREACHABLE',
  460: 'CHECKSUM_MISMATCH',
  501: 'PROTOCOL',
  505: 'PROTOCOL',
  507: 'NO_SPACE',
};

const HINTS: Readonly<Record<number, string>> = {
  401: 'Say who you are: --token, --user or --header.',
  403: 'What was given with --token, --user or --header does not allow this.',
  407: 'The proxy wants a login: HTTPS_PROXY=http://name:password@host:port',
  413: 'If a proxy refuses large requests, send smaller ones: --chunk-size 8MiB',
  507: 'The disk of the server is full. Run the same command again when it has space.',
};

/** Codes of failures that may pass by themselves. */
const PASSING: ReadonlySet<FaultCode> = new Set([
  'UNREACHABLE',
  'TIMEOUT',
  'CONFLICT',
  'LOCKED',
  'CHECKSUM_MISMATCH',
]);

/** Whether a request that failed like this is worth another attempt. */
export function mayPass(error: unknown): error is Fault {
  return error instanceof Fault && PASSING.has(error.code);
}

/** Whether the server does not know the upload any more, so that only a new one helps. */
export function isLost(error: unknown): error is Fault {
  return error instanceof Fault && (error.code === 'NOT_FOUND' || error.code === 'GONE');
}

/** The fault that an answer other than 2xx means. `text` is what the server said about it. */
export function answerFault(doing: string, answer: AnswerHead, text: string, now: number): Fault {
  const { status, headers } = answer;
  const code = CODES[status] ?? (status >= 500 ? 'UNREACHABLE' : 'REFUSED');
  const retryAfter = retryAfterSeconds(headers['retry-after'], now);
  const options: FaultOptions = {
    status,
    ...(HINTS[status] === undefined ? {} : { hint: HINTS[status] }),
    ...(retryAfter === undefined ? {} : { retryAfter }),
  };
  const said = firstLine(text, headers['content-type']);
  return new Fault(code, `${doing}: the server answered ${status}${said && ` (${said})`}`, options);
}

/** A sentence of the server's own, if its answer has one; pages are for browsers. */
function firstLine(text: string, type: string | undefined): string {
  if (/html/i.test(type ?? '') || /^\s*</.test(text)) return '';
  const line = text.trim().split('\n')[0]!.trim();
  return line.length > 200 ? `${line.slice(0, 199)}…` : line;
}
