import type { Socket } from 'node:net';

/** Limits on what a client may still send while it reads its response: bytes, and milliseconds. */
const MOST = 32 * 1024 * 1024;
const LONGEST = 30_000;
/** A client that sends nothing for this long (milliseconds) has read the response or never will. */
const QUIET = 5_000;
const TICK = 500;

const closing = new WeakSet<Socket>();

/**
 * Makes Node close this connection gracefully after the last response. By default Node ends and
 * destroys it at once. If bytes from the client are still unread or in flight, that resets the
 * connection, and the client may lose the response (RFC 9112, 9.6). This applies no matter why the
 * connection closes.
 */
export function closeGently(socket: Socket): void {
  // node:http calls this after the last response of a connection.
  socket.destroySoon = () => {
    if (closing.has(socket)) return;
    closing.add(socket);
    socket.end();
    // Our side has ended; the socket closes when the client ends its side.
    discard(socket);
  };
}

/** true when the last response has been sent: further input is ignored. */
export function isClosing(socket: Socket): boolean {
  return closing.has(socket) || socket.destroyed;
}

/**
 * Reads and discards what a client still sends. Destroys the connection when it sends too much,
 * takes too long or goes quiet. Returns a function that stops the watch.
 */
export function discard(socket: Socket): () => void {
  const most = socket.bytesRead + MOST;
  let seen = socket.bytesRead;
  let passed = 0;
  let quiet = 0;
  const watch = setInterval(() => {
    passed += TICK;
    quiet = socket.bytesRead === seen ? quiet + TICK : 0;
    seen = socket.bytesRead;
    if (seen > most || passed >= LONGEST || quiet >= QUIET) socket.destroy();
  }, TICK);
  watch.unref();
  const stop = () => clearInterval(watch);
  socket.once('close', stop);
  return () => {
    stop();
    socket.off('close', stop);
  };
}

/** The longest body that is read and discarded to keep a connection (bytes). */
export const WORTH_READING = MOST;
