import { type IncomingMessage, ServerResponse } from 'node:http';
import { discard, isClosing, WORTH_READING } from './gentle-close.ts';

/**
 * A response that decides what to do with the unread rest of the request body when it begins. From
 * then on the body is discarded.
 */
export class Answer extends ServerResponse<IncomingMessage> {
  // biome-ignore lint/suspicious/noExplicitAny: the overloads of writeHead.
  override writeHead(...args: any): this {
    if (!this.headersSent) settleBody(this.req, this);
    // biome-ignore lint/suspicious/noExplicitAny: the overloads of writeHead.
    return super.writeHead(...(args as [any]));
  }
}

/**
 * Decides whether to keep the connection although the body has not arrived yet. After Expect:
 * 100-continue the client may or may not send the body; only closing is unambiguous (RFC 9110,
 * 10.1.1). A short body is read and discarded to keep the connection.
 */
function settleBody(request: IncomingMessage, response: ServerResponse): void {
  if (request.complete) return;
  const { expect, 'transfer-encoding': coding, 'content-length': length = '0' } = request.headers;
  if (coding === undefined && length === '0') return;
  const keep = expect === undefined && coding === undefined && Number(length) <= WORTH_READING;
  if (!keep) response.setHeader('Connection', 'close');
  const { socket } = request;
  request.on('error', () => {});
  request.resume();
  if (!socket || isClosing(socket)) return;
  const stop = discard(socket);
  request.once('end', stop);
  request.once('close', stop);
}
