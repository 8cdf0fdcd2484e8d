import {
  createServer,
  type IncomingMessage,
  METHODS,
  type Server,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { errnoOf, Fault } from '../fault.ts';
import type { Caller } from '../storage/upload.ts';
import { clientAddress, TrustedProxies } from './client-address.ts';
import { createCors } from './cors.ts';
import type { Exchange, ExchangeHandler } from './exchange.ts';
import { setForeignHeader } from './foreign-header.ts';
import { seldom } from './seldom.ts';
import { writeFault } from './write-fault.ts';

/** How long a client may take to read why it is turned away (milliseconds). */
const LINGER = 1_000;

export interface RequestRecord {
  readonly at: number;
  readonly method: string;
  /** null when the client was gone before it could be answered. */
  readonly status: number | null;
  readonly id: string | null;
  /** Body bytes that were kept, or null for a request that brings none. */
  readonly bytes: number | null;
  readonly ms: number;
  readonly address: string;
  readonly note: string;
}

export interface ListenerOptions {
  readonly port: number;
  readonly host: string;
  /** Begins and ends with a slash. */
  readonly basePath: string;
  /** The base path's URL as clients know it, or null. */
  readonly publicUrl: string | null;
  readonly corsOrigins: readonly string[];
  readonly trustedProxies: readonly string[];
  /** How long a client may take over its headers (milliseconds). */
  readonly headersTimeout: number;
  readonly maxConnections: number;
  readonly protocolName: string;
  /** Uploads, and everything else under the base path but downloads. */
  readonly protocol: ExchangeHandler;
  /** GET of an upload, or null when downloads are off. */
  readonly download: ExchangeHandler | null;
  readonly onRequest: (record: RequestRecord) => void;
  /** Connections over the limit, told once a minute at most. */
  readonly onTurnedAway: (count: number) => void;
  readonly onBug: (error: unknown) => void;
  readonly now: () => number;
}

/** The front door: node:http, the base path, CORS, method override, and every error's answer. */
export class Listener {
  readonly #options: ListenerOptions;
  readonly #server: Server;
  readonly #cors: ReturnType<typeof createCors>;
  readonly #proxies: TrustedProxies;
  /** The answer that is yet to be sent, by connection; the last one where there are several. */
  readonly #pending = new WeakMap<Socket, ServerResponse>();

  constructor(options: ListenerOptions) {
    this.#options = options;
    this.#cors = createCors(options.corsOrigins);
    this.#proxies = new TrustedProxies(options.trustedProxies);
    this.#server = createServer({
      // Node ends a healthy upload after 300 s by default; the idle timeout of bodies replaces it.
      requestTimeout: 0,
      headersTimeout: options.headersTimeout,
      keepAliveTimeout: 10_000,
      connectionsCheckingInterval: Math.min(30_000, Math.max(1_000, options.headersTimeout / 2)),
      noDelay: true,
    });
    this.#server.maxConnections = options.maxConnections;
    this.#server.on('drop', seldom(options.onTurnedAway));
    this.#server.on('request', (request, response) => this.#serve(request, response, false));
    // Without this Node answers 100 by itself, before anybody looked at the request.
    this.#server.on('checkContinue', (request, response) => this.#serve(request, response, true));
    this.#server.on('clientError', answerClientError);
  }

  /** Resolves with the address in use. Throws CANNOT_LISTEN with what to do. */
  async listen(): Promise<AddressInfo> {
    const { port, host } = this.#options;
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', (error) => reject(listenFault(error, host, port)));
      this.#server.listen(port, host, resolve);
    });
    return this.#server.address() as AddressInfo;
  }

  /** Takes no new connections and closes idle ones; resolves when the last one is gone. */
  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    this.#server.closeIdleConnections();
    await closed;
  }

  /** Ends every connection, whatever it is doing. */
  closeAll(): void {
    this.#server.closeAllConnections();
  }

  #serve(request: IncomingMessage, response: ServerResponse, expects: boolean): void {
    const started = performance.now();
    const at = this.#options.now();
    const client = clientAddress(request, this.#proxies);
    const exchange = this.#exchange(request, response, expects, client);
    // Told once, when the connection is done with it and what was received is on disk.
    let open = 2;
    const ended = () => {
      open -= 1;
      if (open > 0) return;
      this.#options.onRequest({
        at,
        method: exchange.method,
        status: response.headersSent ? response.statusCode : null,
        id: exchange.note.id ?? exchange.id,
        bytes: exchange.note.bytes ?? null,
        ms: performance.now() - started,
        address: client.address,
        note: exchange.note.text ?? '',
      });
    };
    response.once('close', ended);
    // A client that resets is noticed where its bytes are read; here it must not end the process.
    response.on('error', () => {});
    request.on('error', () => {});
    this.#inTurn(exchange)
      .catch((error) => this.#refuse(exchange, error))
      .finally(ended);
  }

  /**
   * Requests that came on one connection without waiting are done one after the other: in parallel,
   * a DELETE overtakes the PATCH before it (RFC 9112, 9.3.2).
   */
  async #inTurn(exchange: Exchange & { inBase: boolean }): Promise<void> {
    const { request, response } = exchange;
    const { socket } = request;
    const before = this.#pending.get(socket);
    this.#pending.set(socket, response);
    response.once('close', () => {
      if (this.#pending.get(socket) === response) this.#pending.delete(socket);
    });
    if (before) {
      await new Promise<void>((resolve) => {
        before.once('close', resolve);
        // When the connection breaks, Node closes no answer but the one that was being sent.
        request.once('close', resolve);
      });
      if (socket.destroyed) return;
    }
    return this.#dispatch(exchange);
  }

  #refuse({ request, response, note }: Exchange, error: unknown): void {
    if (error instanceof Fault) {
      const kept = note.bytes ? `; ${note.bytes} bytes kept` : '';
      note.text = error.message + kept;
    }
    try {
      writeFault(request, response, error, this.#options.onBug);
    } catch (bug) {
      this.#options.onBug(bug);
      response.destroy();
    }
  }

  async #dispatch(exchange: Exchange & { inBase: boolean }): Promise<void> {
    const { request, response, method } = exchange;
    this.#cors(request, response);
    if (!exchange.inBase) throw new Fault('NOT_FOUND', 'there is nothing here');
    const { download, protocol } = this.#options;
    if (method !== 'GET') return protocol(exchange);
    if (exchange.id === null || download === null) {
      throw new Fault('METHOD_NOT_ALLOWED', 'this address does not answer GET', {
        headers: { Allow: exchange.id === null ? 'OPTIONS, POST' : 'OPTIONS, HEAD, PATCH, DELETE' },
      });
    }
    return download(exchange);
  }

  #exchange(
    request: IncomingMessage,
    response: ServerResponse,
    expects: boolean,
    client: ReturnType<typeof clientAddress>,
  ): Exchange & { inBase: boolean } {
    const { basePath, publicUrl } = this.#options;
    const url = request.url ?? '/';
    const question = url.indexOf('?');
    const path = question === -1 ? url : url.slice(0, question);
    const inBase = path.startsWith(basePath) || `${path}/` === basePath;
    const rest = inBase ? path.slice(basePath.length) : '';
    const base =
      publicUrl ??
      (client.forwarded
        ? `${client.forwarded.proto}://${client.forwarded.host}${basePath}`
        : basePath);
    return {
      inBase,
      request,
      response,
      method: methodOf(request),
      id: rest === '' ? null : rest,
      caller: this.#caller(request, client.address),
      urlOf: (id) => base + id,
      accept: () => {
        if (expects && !response.headersSent) response.writeContinue();
      },
      addHeader: (name, value) => setForeignHeader(response, name, value),
      note: {},
    };
  }

  #caller(request: IncomingMessage, address: string): Caller {
    return {
      origin: {
        protocol: this.#options.protocolName,
        address,
        agent: request.headers['user-agent']?.slice(0, 300) ?? null,
      },
      request: {
        method: request.method ?? '',
        uri: request.url ?? '',
        get headers() {
          return request.headersDistinct as Record<string, string[]>;
        },
      },
    };
  }
}

/** tus 1.0.0: X-HTTP-Method-Override is the method, whatever the actual one is. */
function methodOf(request: IncomingMessage): string {
  const override = request.headers['x-http-method-override'];
  const method = (typeof override === 'string' ? override.trim() : '') || (request.method ?? '');
  return METHODS.includes(method.toUpperCase()) ? method.toUpperCase() : 'INVALID';
}

/** What never became a request: a bad request line, headers that are too long or too slow. */
function answerClientError(error: Error, socket: Socket): void {
  if (!socket.writable || errnoOf(error) === 'ECONNRESET') {
    socket.destroy();
    return;
  }
  const status =
    errnoOf(error) === 'HPE_HEADER_OVERFLOW'
      ? '431 Request Header Fields Too Large'
      : errnoOf(error) === 'ERR_HTTP_REQUEST_TIMEOUT'
        ? '408 Request Timeout'
        : '400 Bad Request';
  socket.end(
    `HTTP/1.1 ${status}\r\nTus-Resumable: 1.0.0\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`,
  );
  // Node waits for the client to close its side; one that means harm never does.
  const ends = setTimeout(() => socket.destroy(), LINGER);
  ends.unref();
  socket.once('close', () => clearTimeout(ends));
}

function listenFault(error: Error, host: string, port: number): unknown {
  const cause = { cause: error };
  switch (errnoOf(error)) {
    case 'EADDRINUSE':
      return new Fault('CANNOT_LISTEN', `port ${port} on ${host} is already in use`, {
        hint: `Stop the other server, or choose another port: tusd-ts serve --port ${port + 1}`,
        ...cause,
      });
    case 'EACCES':
      return new Fault('CANNOT_LISTEN', `not permitted to listen on port ${port} of ${host}`, {
        hint: 'Ports below 1024 need a privilege; choose one above, and put a proxy in front.',
        ...cause,
      });
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return new Fault('CANNOT_LISTEN', `${host} is not an address of this machine`, {
        hint: 'Use 127.0.0.1 for this machine alone, or 0.0.0.0 (or ::) for all of its addresses.',
        ...cause,
      });
    default:
      return error;
  }
}
