import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { isClosing } from './gentle-close.ts';

/** A request whose answer is yet to be sent. */
export interface Owed {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** Resolves when it is answered, or the connection has ended. */
  readonly answered: Promise<void>;
}

interface Line {
  last: Owed | undefined;
  readonly waiting: Set<() => void>;
}

/**
 * Requests that came on one connection without waiting are done one after the other: in parallel, a
 * DELETE overtakes the PATCH before it (RFC 9112, 9.3.2).
 */
export class Turns {
  readonly #lines = new WeakMap<Socket, Line>();

  /** The last request of a connection that is yet to be answered, if any. */
  last(socket: Socket): Owed | undefined {
    return this.#lines.get(socket)?.last;
  }

  /**
   * Resolves when every request before this one is answered: with false when the connection ended
   * meanwhile, so that this one must not be done. null when it need not wait.
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

  /** Resolves when all that is owed on a connection is answered, with false when it has ended. */
  async allDone(socket: Socket): Promise<boolean> {
    await this.last(socket)?.answered;
    return !isClosing(socket);
  }

  #line(socket: Socket): Line {
    const known = this.#lines.get(socket);
    if (known) return known;
    const line: Line = { last: undefined, waiting: new Set() };
    this.#lines.set(socket, line);
    // When the connection breaks, Node closes no answer but the one that was being sent.
    socket.once('close', () => {
      for (const done of [...line.waiting]) done();
    });
    return line;
  }
}
