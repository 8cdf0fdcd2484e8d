import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { Fault } from '../fault.ts';
import { addressText, type ListenAddress, type OpenAddress } from '../http/doors/address.ts';
import { openDoor } from '../http/doors/open-door.ts';
import { answerPage, type Page } from '../http/page.ts';

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

const HINT = 'Choose another address, or stop what is there: --admin-listen';

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
    const door: ListenAddress =
      'path' in address
        ? { kind: 'unix', path: address.path, mode: SOCKET_MODE, group: null }
        : { kind: 'tcp', ...address };
    let open: OpenAddress;
    try {
      open = await openDoor(this.#server, door);
    } catch (error) {
      if (!(error instanceof Fault)) throw error;
      throw new Fault(error.code, `adminListen: ${error.message}`, { hint: HINT, cause: error });
    }
    // When file descriptors run out, accept fails; the next scrape tries again.
    this.#server.on('error', () => {});
    const text = addressText(open);
    return open.kind === 'tcp' ? `http://${text}` : text;
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
