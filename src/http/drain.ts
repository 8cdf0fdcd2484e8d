import type { Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/** How long a connection without a request is kept when the drain begins (milliseconds). */
const FRESH = 250;

/** Closes the connections of servers that are stopping, each after its pending response. */
export class Drain {
  readonly #servers: Server[] = [];
  readonly #sockets = new Set<Socket>();
  /** Responses that have not been sent completely. */
  readonly #open = new Set<ServerResponse>();
  #begun = false;

  /** Adds a server, before it listens. */
  add(server: Server): void {
    this.#servers.push(server);
    server.on('connection', (socket) => {
      this.#sockets.add(socket);
      socket.once('close', () => this.#sockets.delete(socket));
    });
  }

  /** Open connections of all servers. */
  get connections(): number {
    return this.#sockets.size;
  }

  /** true once new requests must be refused. */
  get begun(): boolean {
    return this.#begun;
  }

  /** Must be called for every response, before its headers are sent. */
  watch(response: ServerResponse): void {
    this.#open.add(response);
    if (this.#begun) response.shouldKeepAlive = false;
  }

  /** Must be called when a response is complete or its connection has ended. */
  unwatch(response: ServerResponse): void {
    this.#open.delete(response);
    // The headers were sent before the drain began and promised keep-alive.
    if (this.#begun) setImmediate(() => this.#closeIdle());
  }

  begin(): void {
    this.#begun = true;
    for (const response of this.#open) response.shouldKeepAlive = false;
    this.#closeIdle();
    // Node does not count a connection that has sent nothing yet as idle. A client that has just
    // connected is about to send a request, and gets an answer.
    const fresh = [...this.#sockets].filter(({ bytesRead }) => bytesRead === 0);
    setTimeout(() => {
      for (const socket of fresh) if (socket.bytesRead === 0) socket.destroy();
    }, FRESH).unref();
  }

  #closeIdle(): void {
    for (const server of this.#servers) server.closeIdleConnections();
  }
}
