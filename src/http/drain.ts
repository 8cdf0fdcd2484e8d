import type { Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/** Closes the connections of a server that stops, each after the answer that it waits for. */
export class Drain {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  /** Answers that are not sent completely. */
  readonly #open = new Set<ServerResponse>();
  #begun = false;

  constructor(server: Server) {
    this.#server = server;
    server.on('connection', (socket) => {
      this.#sockets.add(socket);
      socket.once('close', () => this.#sockets.delete(socket));
    });
  }

  /** true once requests that still come are to be refused. */
  get begun(): boolean {
    return this.#begun;
  }

  /** To be called for every answer, before its headers are sent. */
  watch(response: ServerResponse): void {
    this.#open.add(response);
    if (this.#begun) response.shouldKeepAlive = false;
    response.once('close', () => {
      this.#open.delete(response);
      // Its headers had promised to keep the connection before the drain began.
      if (this.#begun) setImmediate(() => this.#server.closeIdleConnections());
    });
  }

  begin(): void {
    this.#begun = true;
    for (const response of this.#open) response.shouldKeepAlive = false;
    this.#server.closeIdleConnections();
    // To Node a connection that has not sent anything yet is not idle.
    for (const socket of this.#sockets) if (socket.bytesRead === 0) socket.destroy();
  }
}
