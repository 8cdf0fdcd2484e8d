import type { IncomingMessage, ServerResponse } from 'node:http';
import { Fault } from '../fault.ts';
import { setForeignHeader } from './foreign-header.ts';

/**
 * Answers with a fault's status and sentence. Anything that is not a Fault is a bug: the client is
 * told nothing of it (paths, stacks), the log everything.
 */
export function writeFault(
  request: IncomingMessage,
  response: ServerResponse,
  error: unknown,
  log: (error: unknown) => void,
): void {
  const fault = error instanceof Fault ? error : undefined;
  const status = fault?.status ?? 500;
  // A full disk is no bug: the request's line in the log says it all.
  if (!fault || (status >= 500 && fault.cause && fault.code !== 'NO_SPACE')) log(error);
  if (response.headersSent || response.destroyed) {
    response.destroy();
    return;
  }
  const body = fault?.body ?? `${publicSentence(fault)}\n`;
  if (fault?.retryAfter !== undefined) {
    response.setHeader('Retry-After', String(fault.retryAfter));
  }
  for (const [name, value] of Object.entries(fault?.headers ?? {})) {
    setForeignHeader(response, name, value);
  }
  response.statusCode = status;
  if (status === 460) response.statusMessage = 'Checksum Mismatch';
  if (!response.hasHeader('Content-Type')) {
    response.setHeader('Content-Type', 'text/plain; charset=utf-8');
  }
  // 404, 405, 410 and 501 may be kept by a cache otherwise (RFC 9110, 15.1), for what changes soon.
  if (!response.hasHeader('Cache-Control')) response.setHeader('Cache-Control', 'no-store');
  response.setHeader('Content-Length', Buffer.byteLength(body));
  response.end(request.method === 'HEAD' ? undefined : body);
}

/** What a client may read of a fault: nothing of paths and settings. */
function publicSentence(fault: Fault | undefined): string {
  const secret = !fault || fault.code === 'IO' || fault.code === 'PERMISSION';
  return fault?.publicMessage ?? (secret ? 'the server could not do this' : fault.message);
}
