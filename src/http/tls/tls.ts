import type { IncomingMessage, Server, ServerOptions } from 'node:http';
import { createServer } from 'node:https';
import type { SecureContext } from 'node:tls';
import type { Answer } from '../answer.ts';
import type { Certificate } from './certificates.ts';

/** HTTPS with certificates by name. */
export class Tls {
  #certificates: readonly [Certificate, ...Certificate[]];

  /** The first certificate is for clients that name no host, or one that no certificate has. */
  constructor(certificates: readonly [Certificate, ...Certificate[]]) {
    this.#certificates = certificates;
  }

  /** Serves other certificates from the next handshake on; connections that are open stay. */
  use(certificates: readonly [Certificate, ...Certificate[]]): void {
    this.#certificates = certificates;
  }

  /** A server that does not listen yet. `handshakeTimeout` is in milliseconds. */
  createServer(
    options: ServerOptions<typeof IncomingMessage, typeof Answer> & {
      readonly handshakeTimeout: number;
    },
  ): Server {
    const [{ cert, key }] = this.#certificates;
    const server = createServer({
      ...options,
      cert,
      key,
      SNICallback: (name, done) => done(null, this.#contextFor(name)),
    });
    // Clients that name no host get the context of the server itself.
    server.on('connection', () => this.#keepUp(server));
    return server as unknown as Server;
  }

  readonly #served = new WeakMap<object, Certificate>();

  #keepUp(server: ReturnType<typeof createServer>): void {
    const [first] = this.#certificates;
    if (this.#served.get(server) === first) return;
    this.#served.set(server, first);
    server.setSecureContext({ cert: first.cert, key: first.key });
  }

  #contextFor(name: string): SecureContext {
    const [first] = this.#certificates;
    const named = this.#certificates.find(({ leaf }) => leaf.checkHost(name) !== undefined);
    return (named ?? first).context;
  }
}
