import type { IncomingMessage, ServerResponse } from 'node:http';
import { Fault } from '../fault.ts';
import { setForeignHeader } from './foreign-header.ts';

/** A rejected body up to this size is read and thrown away, so that the client sees the answer. */
const DRAIN_BYTES = 32 * 1024 * 1024;
const DRAIN_TIME = 10_000;
/** A client that has sent nothing for so long after the answer has read it, or never will. */
const QUIET = 1_000;

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
  settleBody(request, response);
  response.statusCode = status;
  if (status === 460) response.statusMessage = 'Checksum Mismatch';
  if (!response.hasHeader('Content-Type')) {
    response.setHeader('Content-Type', 'text/plain; charset=utf-8');
  }
  // 404, 405, 410 and 501 may be kept by a cache otherwise (RFC 9110, 15.1), for what changes soon.
  if (!response.hasHeader('Cache-Control')) response.setHeader('Cache-Control', 'no-store');
  response.setHeader('Content-Length', Buffer.byteLength(body));
  if (request.method === 'HEAD') response.end();
  else if (request.complete || response.getHeader('Connection') !== 'close') response.end(body);
  else endWhenQuiet(request, response, body);
}

/**
 * Closing while a client still sends resets the connection and takes the answer with it that the
 * client has not read yet (RFC 9112, 9.6), so what it sends is read for a while.
 */
function endWhenQuiet(request: IncomingMessage, response: ServerResponse, body: string): void {
  if (body === '') response.flushHeaders();
  else response.write(body);
  const end = () => {
    clearTimeout(quiet);
    if (!response.writableEnded) response.end();
  };
  const quiet = setTimeout(end, QUIET);
  request.on('data', () => quiet.refresh());
  request.once('end', end);
  request.once('close', end);
}

/**
 * What is still to come of a body that nobody wants. A client that waits for 100-continue has not
 * sent it and may or may not still do so: only closing is unambiguous (RFC 9110, 10.1.1). For the
 * others closing at once would reset the connection before they have read the answer.
 */
export function settleBody(request: IncomingMessage, response: ServerResponse): void {
  if (request.complete) return;
  const expects = request.headers.expect !== undefined;
  const length = Number(request.headers['content-length'] ?? Number.NaN);
  if (expects || !(length <= DRAIN_BYTES)) response.setHeader('Connection', 'close');
  const { socket } = request;
  const limit = socket.bytesRead + DRAIN_BYTES;
  const ends = setTimeout(() => socket.destroy(), DRAIN_TIME);
  ends.unref();
  const count = () => {
    if (socket.bytesRead > limit) socket.destroy();
  };
  request.on('data', count);
  request.once('close', () => clearTimeout(ends));
  request.once('error', () => {});
  request.resume();
}
