import type { Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/** Closes the connections of a server that is stopping, each after its pending response. */
export class Drain {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  /** Responses that have not been sent completely. */
  readonly #open = new Set<ServerResponse>();
  #begun = false;

  constructor(server: Server) {
    this.#server = server;
    server.on('connection', (socket) => {
      this.#sockets.add(socket);
      socket.once('close', () => this.#sockets.delete(socket));
    });
  }

  /** true once new requests must be refused. */
  get begun(): boolean {
    return this.#begun;
  }

  /** Must be called for every response, before its headers are sent. */
  watch(response: ServerResponse): void {
    this.#open.add(response);
    if (this.#begun) response.shouldKeepAlive = false;
    response.once('close', () => {
      this.#open.delete(response);
      // The headers were sent before the drain began and promised keep-alive.
      if (this.#begun) setImmediate(() => this.#server.closeIdleConnections());
    });
  }

  begin(): void {
    this.#begun = true;
    for (const response of this.#open) response.shouldKeepAlive = false;
    this.#server.closeIdleConnections();
    // Node does not count a connection that has sent nothing yet as idle.
    for (const socket of this.#sockets) if (socket.bytesRead === 0) socket.destroy();
  }
}
