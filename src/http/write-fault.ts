import { Fault } from '../fault.ts';
import { setForeignHeader } from './foreign-header.ts';
import type { OpenExchange } from './open-exchange.ts';

/**
 * Responds with a fault's status and message, unless the protocol, or a hook that refused the
 * request, overrides them. Anything but a Fault is a bug: the log gets the details (paths, stack),
 * the client gets none.
 */
export function writeFault(
  exchange: OpenExchange,
  error: unknown,
  log: (error: unknown) => void,
): void {
  const fault = error instanceof Fault ? error : undefined;
  const { request, response, protocol, caller, requestId } = exchange;
  const own = fault ? protocol.refuse(exchange, fault) : {};
  const hooked = fault?.code === 'REFUSED' ? caller.request.refusal : undefined;
  const status = hooked?.status ?? own.status ?? fault?.status ?? 500;
  // A full disk is not a bug: the request's line in the log is enough.
  if (!fault || (status >= 500 && fault.cause && fault.code !== 'NO_SPACE')) log(error);
  if (response.headersSent || response.destroyed) {
    response.destroy();
    return;
  }
  for (const [name, value] of Object.entries({ ...protocol.headers, ...own.headers })) {
    response.setHeader(name, value);
  }
  const body = hooked?.body ?? own.body ?? `${publicSentence(fault)}\n`;
  if (fault?.retryAfter !== undefined) {
    response.setHeader('Retry-After', String(fault.retryAfter));
  }
  for (const [name, value] of Object.entries({ ...fault?.headers, ...hooked?.headers })) {
    setForeignHeader(response, protocol, name, value);
  }
  response.setHeader('X-Request-Id', requestId);
  response.statusCode = status;
  if (own.statusMessage !== undefined) response.statusMessage = own.statusMessage;
  if (!response.hasHeader('Content-Type')) {
    response.setHeader('Content-Type', 'text/plain; charset=utf-8');
  }
  // Otherwise a cache may store 404, 405, 410 and 501 (RFC 9110, 15.1), which can change soon.
  if (!response.hasHeader('Cache-Control')) response.setHeader('Cache-Control', 'no-store');
  response.setHeader('Content-Length', Buffer.byteLength(body));
  response.end(request.method === 'HEAD' ? undefined : body);
}

/** The message for the client, without paths and settings. */
function publicSentence(fault: Fault | undefined): string {
  const secret = !fault || fault.code === 'IO' || fault.code === 'PERMISSION';
  return fault?.publicMessage ?? (secret ? 'the server could not do this' : fault.message);
}
