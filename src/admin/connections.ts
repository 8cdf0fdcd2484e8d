import type { Server } from 'node:http';
import type { Socket } from 'node:net';

/** Counts the connections of a server and their bytes. The kernel's numbers are read when they are asked for. */
export class Connections {
  readonly #open = new Set<Socket>();
  #accepted = 0;
  #received = 0;
  #sent = 0;

  watch(server: Server): void {
    server.on('connection', (socket) => {
      this.#accepted += 1;
      this.#open.add(socket);
      socket.once('close', () => {
        this.#open.delete(socket);
        this.#received += socket.bytesRead;
        this.#sent += socket.bytesWritten;
      });
    });
  }

  get open(): number {
    return this.#open.size;
  }

  /** All since the start. */
  get accepted(): number {
    return this.#accepted;
  }

  /** Bytes since the start, headers included. */
  get traffic(): { readonly received: number; readonly sent: number } {
    let received = this.#received;
    let sent = this.#sent;
    for (const socket of this.#open) {
      received += socket.bytesRead;
      sent += socket.bytesWritten;
    }
    return { received, sent };
  }
}
