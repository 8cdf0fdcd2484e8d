import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { isClosing } from './gentle-close.ts';

/** A request without a complete response. */
export interface Owed {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** Resolves when the response is complete or the connection has ended. */
  readonly answered: Promise<void>;
}

interface Line {
  last: Owed | undefined;
  readonly waiting: Set<() => void>;
}

/**
 * Serves pipelined requests of one connection one after the other: in parallel, a DELETE could
 * overtake the PATCH before it (RFC 9112, 9.3.2).
 */
export class Turns {
  readonly #lines = new WeakMap<Socket, Line>();

  /** The last pending request of a connection, if any. */
  last(socket: Socket): Owed | undefined {
    return this.#lines.get(socket)?.last;
  }

  /**
   * Resolves when every earlier request has its response. Resolves with false if the connection
   * ended meanwhile; then the request must not be served. null when there is nothing to wait for.
   */
  join(request: IncomingMessage, response: ServerResponse): Promise<boolean> | null {
    const { socket } = request;
    const line = this.#line(socket);
    const before = line.last;
    const answered = new Promise<void>((resolve) => {
      const done = () => {
        line.waiting.delete(done);
        if (line.last === own) line.last = undefined;
        resolve();
      };
      line.waiting.add(done);
      response.once('close', done);
    });
    const own: Owed = { request, response, answered };
    line.last = own;
    return before ? before.answered.then(() => !isClosing(socket)) : null;
  }

  /**
   * Resolves when all pending responses of a connection are complete, with false if it has ended.
   */
  async allDone(socket: Socket): Promise<boolean> {
    await this.last(socket)?.answered;
    return !isClosing(socket);
  }

  #line(socket: Socket): Line {
    const known = this.#lines.get(socket);
    if (known) return known;
    const line: Line = { last: undefined, waiting: new Set() };
    this.#lines.set(socket, line);
    // When the connection breaks, Node emits 'close' only on the response being sent.
    socket.once('close', () => {
      for (const done of [...line.waiting]) done();
    });
    return line;
  }
}
