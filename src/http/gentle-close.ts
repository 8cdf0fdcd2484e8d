import type { Socket } from 'node:net';

/** What a client may still send while it is to read its answer: bytes, and milliseconds. */
const MOST = 32 * 1024 * 1024;
const LONGEST = 30_000;
/** A client that has sent nothing for so long has read the answer, or never will. */
const QUIET = 5_000;
const TICK = 500;

const closing = new WeakSet<Socket>();

/**
 * Makes Node close this connection gently after the last answer. Node ends it and destroys it at
 * once; when bytes of the client are still unread or under way, that resets the connection, and the
 * reset takes away the answer that the client has not read yet (RFC 9112, 9.6). It does not matter
 * who decided to close: the client, its HTTP version, or we.
 */
export function closeGently(socket: Socket): void {
  // What node:http calls when an answer was the last one of its connection.
  socket.destroySoon = () => {
    if (closing.has(socket)) return;
    closing.add(socket);
    socket.end();
    // The client's own end of the connection closes it, since ours has ended.
    discard(socket);
  };
}

/** true when the last answer has been sent: nothing that still comes is looked at. */
export function isClosing(socket: Socket): boolean {
  return closing.has(socket) || socket.destroyed;
}

/**
 * Bounds what a client may send that nobody wants: destroys the connection when it is too much, takes
 * too long or does not come. Returns how to stop watching.
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

/** The longest body that is worth reading to keep a connection (bytes). */
export const WORTH_READING = MOST;
