import type { IncomingMessage, Server, ServerOptions } from 'node:http';
import { createServer } from 'node:https';
import type { SecureContext, SecureContextOptions } from 'node:tls';
import type { Answer } from '../answer.ts';
import type { Certificate } from './certificates.ts';
import { type ClientTrust, contextOptions } from './client-trust.ts';
import { type ShownCertificate, shownCertificate } from './shown-certificate.ts';

/** The first certificate is for clients that name no host, or one that no certificate has. */
export type Certificates = readonly [Certificate, ...Certificate[]];

/** HTTPS with certificates by name. */
export class Tls {
  #certificates: Certificates;
  #trust: ClientTrust | null;
  readonly #servers: ReturnType<typeof createServer>[] = [];

  /** `trust` says which certificates of clients count; null asks for none. */
  constructor(certificates: Certificates, trust: ClientTrust | null) {
    this.#certificates = certificates;
    this.#trust = trust;
  }

  /**
   * Serves other certificates from the next handshake on; connections that are open stay. Under another
   * trust the certificates that their clients have shown do not count any more, so idle ones are closed.
   */
  use(certificates: Certificates, trust: ClientTrust | null): void {
    const trustsOthers = trust?.name !== this.#trust?.name;
    this.#certificates = certificates;
    if (trustsOthers) this.#trust = trust;
    for (const server of this.#servers) {
      server.setSecureContext(this.#defaultContext());
      if (trustsOthers) server.closeIdleConnections();
    }
  }

  /** A server that does not listen yet. `handshakeTimeout` is in milliseconds. */
  createServer(
    options: ServerOptions<typeof IncomingMessage, typeof Answer> & {
      readonly handshakeTimeout: number;
    },
  ): Server {
    const server = createServer({
      ...options,
      ...this.#defaultContext(),
      // Who is let in is decided for each request: a refusal in the handshake tells clients nothing.
      ...(this.#trust ? { requestCert: true, rejectUnauthorized: false } : {}),
      SNICallback: (name, done) => done(null, this.#contextFor(name)),
    });
    this.#servers.push(server);
    return server as unknown as Server;
  }

  /** What the client of a request's connection has shown. */
  certificateOf({ socket }: IncomingMessage): ShownCertificate {
    return shownCertificate(socket, this.#trust);
  }

  /** For clients that name no host. */
  #defaultContext(): SecureContextOptions {
    const [{ cert, key }] = this.#certificates;
    return { cert, key, ...contextOptions(this.#trust) };
  }

  #contextFor(name: string): SecureContext {
    const [first] = this.#certificates;
    const named = this.#certificates.find(({ leaf }) => leaf.checkHost(name) !== undefined);
    return (named ?? first).context;
  }
}
