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
  const secret = !fault || fault.code === 'IO' || fault.code === 'PERMISSION';
  const body = fault?.body ?? `${secret ? 'the server could not do this' : fault.message}\n`;
  for (const [name, value] of Object.entries(fault?.headers ?? {})) {
    setForeignHeader(response, name, value);
  }
  response.statusCode = status;
  if (status === 460) response.statusMessage = 'Checksum Mismatch';
  if (!response.hasHeader('Content-Type')) {
    response.setHeader('Content-Type', 'text/plain; charset=utf-8');
  }
  response.setHeader('Content-Length', Buffer.byteLength(body));
  response.end(request.method === 'HEAD' ? undefined : body);
}
