import type { ExchangeHandler } from '../../protocol/exchange.ts';

/** Logs when a client disconnects in the middle of a download, and how many bytes were sent. */
export function notingAborts(download: ExchangeHandler): ExchangeHandler {
  return (exchange) => {
    const { request, response } = exchange;
    const { socket } = request;
    const before = socket.bytesWritten;
    // Before the listener that writes the log line.
    response.prependOnceListener('close', () => {
      if (response.writableFinished || !response.headersSent || response.statusCode >= 300) return;
      const total = Number(response.getHeader('Content-Length'));
      // Includes the headers and bytes still in the kernel's buffer: the server cannot see what
      // arrived.
      const sent = Math.min(total, socket.bytesWritten - before);
      exchange.note.text = `aborted: the client went away after ${sent} of ${total} bytes`;
    });
    return download(exchange);
  };
}
