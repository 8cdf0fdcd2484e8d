import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { isClosing } from './gentle-close.ts';

/** A request whose answer is yet to be sent. */
export interface Owed {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
}

/**
 * Requests that came on one connection without waiting are done one after the other: in parallel, a
 * DELETE overtakes the PATCH before it (RFC 9112, 9.3.2).
 */
export class Turns {
  /** The last one where there are several. */
  readonly #owed = new WeakMap<Socket, Owed>();

  /** The last request of a connection that is yet to be answered, if any. */
  last(socket: Socket): Owed | undefined {
    return this.#owed.get(socket);
  }

  /**
   * Resolves when every request before this one is answered: with false when the connection ended
   * meanwhile, so that this one must not be done. null when it need not wait.
   */
  join(request: IncomingMessage, response: ServerResponse): Promise<boolean> | null {
    const { socket } = request;
    const before = this.#owed.get(socket);
    const own = { request, response };
    this.#owed.set(socket, own);
    response.once('close', () => {
      if (this.#owed.get(socket) === own) this.#owed.delete(socket);
    });
    return before ? settled(before.response, socket) : null;
  }

  /** Resolves when all that is owed on a connection is answered, with false when it has ended. */
  async allDone(socket: Socket): Promise<boolean> {
    const last = this.#owed.get(socket);
    if (last) await settled(last.response, socket);
    return !isClosing(socket);
  }
}

async function settled(response: ServerResponse, socket: Socket): Promise<boolean> {
  await new Promise<void>((resolve) => {
    const done = () => {
      response.off('close', done);
      socket.off('close', done);
      resolve();
    };
    response.once('close', done);
    // When the connection breaks, Node closes no answer but the one that was being sent.
    socket.once('close', done);
  });
  return !isClosing(socket);
}
