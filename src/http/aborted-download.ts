import type { ExchangeHandler } from '../protocol/exchange.ts';

/** Notes for the log when a client goes away in the middle of a download, and how far it came. */
export function notingAborts(download: ExchangeHandler): ExchangeHandler {
  return (exchange) => {
    const { request, response } = exchange;
    const { socket } = request;
    const before = socket.bytesWritten;
    response.once('close', () => {
      if (response.writableFinished || !response.headersSent || response.statusCode >= 300) return;
      const total = Number(response.getHeader('Content-Length'));
      // Headers are counted, too, and what the kernel had taken: no client tells what has arrived.
      const sent = Math.min(total, socket.bytesWritten - before);
      exchange.note.text = `aborted: the client went away after ${sent} of ${total} bytes`;
    });
    return download(exchange);
  };
}
