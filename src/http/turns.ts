import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { isClosing } from './gentle-close.ts';

interface Line {
  last: Owed | undefined;
  readonly open: Set<Owed>;
}

/** A request without a complete response. */
export class Owed {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /**
   * Resolves when every earlier request of the connection has its response. Resolves with false if the
   * connection ended meanwhile; then the request must not be served. null when there is nothing to wait for.
   */
  readonly turn: Promise<boolean> | null;
  readonly #line: Line;
  #done = false;
  #answered: Promise<void> | undefined;
  #resolve: (() => void) | undefined;

  constructor(line: Line, request: IncomingMessage, response: ServerResponse) {
    this.request = request;
    this.response = response;
    this.#line = line;
    this.turn = line.last ? line.last.answered.then(() => !isClosing(request.socket)) : null;
    line.last = this;
    line.open.add(this);
  }

  /** Resolves when the response is complete or the connection has ended. Few requests are waited for. */
  get answered(): Promise<void> {
    if (this.#done) return Promise.resolve();
    this.#answered ??= new Promise((resolve) => {
      this.#resolve = resolve;
    });
    return this.#answered;
  }

  /** The response is complete, or the connection has ended. */
  done(): void {
    this.#done = true;
    this.#line.open.delete(this);
    if (this.#line.last === this) this.#line.last = undefined;
    this.#resolve?.();
  }
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

  /** Adds a request to those of its connection. The caller tells when its response is done. */
  join(request: IncomingMessage, response: ServerResponse): Owed {
    return new Owed(this.#line(request.socket), request, response);
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
    const line: Line = { last: undefined, open: new Set() };
    this.#lines.set(socket, line);
    // When the connection breaks, Node emits 'close' only on the response being sent.
    socket.once('close', () => {
      for (const owed of [...line.open]) owed.done();
    });
    return line;
  }
}
