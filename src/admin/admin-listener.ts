import { chmodSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { errnoOf, Fault, messageOf } from '../fault.ts';
import { answerPage, type Page } from '../http/page.ts';
import { clearSocketPath } from './socket-path.ts';

export interface AdminOptions {
  /** A loopback address, or the path of a unix socket. */
  readonly address: { readonly host: string; readonly port: number } | { readonly path: string };
  /** By path. */
  readonly routes: Readonly<Record<string, () => Promise<Page>>>;
  readonly onBug: (error: unknown) => void;
}

/** Only this user, and root, may connect to the socket. */
const SOCKET_MODE = 0o600;
/** Many more than scrapers and probes need. */
const MOST_CONNECTIONS = 64;
/** A client that takes longer to send its headers is cut off (milliseconds). */
const HEADERS_TIMEOUT = 5_000;
/** A client that does not read its answer is cut off (milliseconds); an answer is some 50 KiB. */
const SILENCE = 15_000;
/** Longer than the usual intervals between scrapes (milliseconds). */
const KEEP_ALIVE = 75_000;

/** Serves health, metrics and status. It asks nobody who they are: only this machine can reach it. */
export class AdminListener {
  readonly #options: AdminOptions;
  readonly #server: Server;
  /** Connections with a request that is not answered completely. */
  readonly #busy = new WeakSet<Socket>();

  constructor(options: AdminOptions) {
    this.#options = options;
    this.#server = createServer(
      {
        headersTimeout: HEADERS_TIMEOUT,
        requestTimeout: HEADERS_TIMEOUT,
        keepAliveTimeout: KEEP_ALIVE,
        connectionsCheckingInterval: 1_000,
      },
      (request, response) => void this.#serve(request, response),
    );
    this.#server.maxConnections = MOST_CONNECTIONS;
  }

  /** Resolves with the URL, or the path of the socket. Throws CANNOT_LISTEN. */
  async listen(): Promise<string> {
    const { address } = this.#options;
    const isSocket = 'path' in address;
    if (isSocket) await clearSocketPath(address.path);
    await new Promise<void>((resolve, reject) => {
      const failed = (error: Error) => reject(adminFault(error));
      this.#server.once('error', failed);
      this.#server.listen(address, () => {
        this.#server.off('error', failed);
        resolve();
      });
    });
    // When file descriptors run out, accept fails; the next scrape tries again.
    this.#server.on('error', () => {});
    if (isSocket) {
      chmodSync(address.path, SOCKET_MODE);
      return `unix:${address.path}`;
    }
    const { port, address: host, family } = this.#server.address() as AddressInfo;
    return `http://${family === 'IPv6' ? `[${host}]` : host}:${port}`;
  }

  /** Ends every connection. */
  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    this.#server.closeAllConnections();
    await closed;
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { socket } = request;
    // Nobody needs pipelining here, and a client that reads nothing could fill the memory with answers.
    if (this.#busy.has(socket)) {
      socket.destroy();
      return;
    }
    this.#busy.add(socket);
    response.once('close', () => this.#busy.delete(socket));
    // The timer of the socket starts again with every byte that the client takes.
    response.setTimeout(SILENCE, () => response.destroy());
    response.on('error', () => {});
    request.resume();
    try {
      const page = await this.#answer(request);
      response.setHeader('X-Content-Type-Options', 'nosniff');
      if (page.status === 405) response.setHeader('Allow', 'GET, HEAD');
      answerPage({ method: request.method ?? '', response }, page);
    } catch (error) {
      this.#options.onBug(error);
      response.destroy();
    }
  }

  async #answer({ method, url = '' }: IncomingMessage): Promise<Page> {
    const { routes } = this.#options;
    const path = url.split('?')[0] ?? '';
    const route = Object.hasOwn(routes, path) ? routes[path] : undefined;
    if (!route)
      return plain(404, `There is nothing here. Try ${Object.keys(routes).join(', ')}.\n`);
    if (method !== 'GET' && method !== 'HEAD')
      return plain(405, 'Only GET and HEAD are answered.\n');
    return route();
  }
}

function plain(status: number, body: string): Page {
  return { status, contentType: 'text/plain; charset=utf-8', body };
}

function adminFault(error: Error): unknown {
  const errno = errnoOf(error);
  if (errno === undefined) return error;
  const why = errno === 'EADDRINUSE' ? 'it is already in use' : messageOf(error);
  return new Fault('CANNOT_LISTEN', `cannot listen on the address of adminListen: ${why}`, {
    hint: 'Choose another one: --admin-listen',
    cause: error,
  });
}
