import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { errnoOf, Fault } from '../fault.ts';
import type { ExchangeHandler } from '../protocol/exchange.ts';
import type { Protocol } from '../protocol/protocol.ts';
import { type Admission, serveAdmitted } from './admission.ts';
import { Answer } from './answer.ts';
import { burst } from './burst.ts';
import { type ClientAddress, clientAddress, TrustedProxies } from './client/client-address.ts';
import { plainAddress, saysForwarded } from './client/forwarded.ts';
import { hostProblem } from './client/host.ts';
import { createCors } from './cors.ts';
import { Drain } from './drain.ts';
import { closeGently, isClosing } from './gentle-close.ts';
import { listenFault } from './listen-fault.ts';
import { methodsFor } from './method.ts';
import {
  describeNoRequest,
  type NoRequest,
  noRequestAnswer,
  noRequestRecord,
} from './no-request.ts';
import { type OpenExchange, openExchange } from './open-exchange.ts';
import type { RequestRecord } from './request-record.ts';
import { seldom } from './seldom.ts';
import { parseTarget, placeOf, withoutQuery } from './target.ts';
import { Turns } from './turns.ts';
import { writeFault } from './write-fault.ts';

/** How long a request may continue after a parse error in its body (milliseconds). */
const BROKEN = 1_000;

export interface ListenerOptions {
  readonly port: number;
  readonly host: string;
  /** Begins and ends with a slash. */
  readonly basePath: string;
  /** The base path's URL as clients know it, or null. */
  readonly publicUrl: string | null;
  readonly corsOrigins: readonly string[];
  readonly trustedProxies: readonly string[];
  /** How long a client may take to send its headers (milliseconds). */
  readonly headersTimeout: number;
  readonly maxConnections: number;
  /** Called once, before the server listens. */
  readonly prepare?: (server: Server) => Promise<void>;
  /** The first protocol that claims a request serves it; if none does, the first in the list. */
  readonly protocols: readonly [Protocol, ...Protocol[]];
  /** GET of an upload, or null when downloads are off. */
  readonly download: ExchangeHandler | null;
  /** null while everyone may do everything. */
  readonly admission?: Admission | null;
  readonly onRequest: (record: RequestRecord) => void;
  /** Connections refused because of the limit; called at most once a minute. */
  readonly onTurnedAway: (count: number) => void;
  /** Called with the malformed requests of a minute beyond those that were passed to onRequest. */
  readonly onMoreRefused: (count: number) => void;
  /** Called for the first untrusted peer that sends forwarded headers. */
  readonly onForwardedIgnored: (address: string) => void;
  readonly onBug: (error: unknown) => void;
  /** A connection could not be accepted; may be called very often. */
  readonly onTrouble?: (message: string) => void;
  readonly now: () => number;
}

/** The HTTP server: node:http, the base path, CORS, methods, and error responses. */
export class Listener {
  readonly #options: ListenerOptions;
  readonly #server: Server;
  readonly #cors: ReturnType<typeof createCors>;
  readonly #proxies: TrustedProxies;
  readonly #turns = new Turns();
  readonly #drain: Drain;
  /** Connections whose parser has failed. */
  readonly #broken = new WeakSet<Socket>();
  readonly #mayTell: () => boolean;
  #forwardedIgnored = false;

  constructor(options: ListenerOptions) {
    this.#options = options;
    this.#cors = createCors(options.corsOrigins, ...options.protocols.map(({ cors }) => cors));
    this.#proxies = new TrustedProxies(options.trustedProxies);
    this.#mayTell = burst(options.onMoreRefused);
    const server = createServer({
      ServerResponse: Answer,
      // By default Node aborts any request after 300 s; the idle timeout for bodies replaces that
      // limit.
      requestTimeout: 0,
      headersTimeout: options.headersTimeout,
      keepAliveTimeout: 10_000,
      connectionsCheckingInterval: Math.min(30_000, Math.max(1_000, options.headersTimeout / 2)),
      noDelay: true,
      // Node would answer this itself, without a line in the log.
      requireHostHeader: false,
    });
    // A client that has closed its sending side still gets its responses.
    Object.assign(server, { httpAllowHalfOpen: true });
    this.#drain = new Drain(server);
    server.maxConnections = options.maxConnections;
    server.on('drop', seldom(options.onTurnedAway));
    // Reading the address makes Node cache it, so that it is known after the client disconnects.
    server.on('connection', (socket) => void socket.remoteAddress);
    server.on('connection', closeGently);
    server.on('request', (request, response) => this.#serve(request, response));
    // Without these listeners Node responds by itself before our code sees the request.
    server.on('checkContinue', (request, response) => this.#serve(request, response, true));
    server.on('checkExpectation', (request, response) => this.#serve(request, response));
    server.on('connect', (request, socket) => this.#refuseTunnel(request, socket as Socket));
    server.on('clientError', (error, socket) => this.#noRequest(error, socket as Socket));
    this.#server = server;
  }

  /** Resolves with the address in use. Throws CANNOT_LISTEN with what to do. */
  async listen(): Promise<AddressInfo> {
    const { port, host, prepare } = this.#options;
    await prepare?.(this.#server);
    await new Promise<void>((resolve, reject) => {
      const failed = (error: Error) => reject(listenFault(error, host, port));
      this.#server.once('error', failed);
      this.#server.listen(port, host, () => {
        this.#server.off('error', failed);
        resolve();
      });
    });
    // When file descriptors run out, accept fails; that must not end the process.
    this.#server.on('error', (error) => {
      this.#options.onTrouble?.(`a connection could not be accepted: ${error.message}`);
    });
    return this.#server.address() as AddressInfo;
  }

  /**
   * Stops accepting connections and closes idle ones. Requests that still arrive on the others get
   * 503, and every connection closes after its response. Resolves when the last one is closed.
   */
  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    this.#drain.begin();
    await closed;
  }

  /** Closes every connection immediately. */
  closeAll(): void {
    this.#server.closeAllConnections();
  }

  #serve(request: IncomingMessage, response: ServerResponse, expects = false): void {
    const { socket } = request;
    // Input after the last response of a connection is ignored.
    if (isClosing(socket)) return;
    const started = performance.now();
    const at = this.#options.now();
    const client = clientAddress(request, this.#proxies);
    if (!client.trusted) this.#noteForwarded(request, client);
    const { protocols } = this.#options;
    const protocol = protocols.find((one) => one.claims(request)) ?? protocols[0];
    const exchange = openExchange(this.#options, protocol, request, response, client, expects);
    const refusedOrigin = this.#cors(request, response);
    // Reported once, when the response has ended and the received bytes are on disk.
    let open = 2;
    const ended = () => {
      open -= 1;
      if (open > 0) return;
      const { id, bytes, text } = exchange.note;
      const origin = refusedOrigin && `origin ${refusedOrigin.slice(0, 200)} is not in corsOrigins`;
      this.#options.onRequest({
        at,
        method: exchange.method,
        path: withoutQuery(request.url ?? '').slice(0, 1_000),
        status: response.headersSent ? response.statusCode : null,
        id: id ?? exchange.id,
        bytes: bytes ?? null,
        ms: performance.now() - started,
        address: client.address,
        principal: exchange.caller.origin.principal ?? null,
        note: [text, origin].filter(Boolean).join('; '),
      });
    };
    this.#drain.watch(response);
    response.once('close', ended);
    // Connection resets are handled where the body is read; here they must not end the process.
    response.on('error', () => {});
    request.on('error', () => {});
    this.#inTurn(exchange)
      .catch((error) => this.#refuse(exchange, error))
      .finally(ended);
  }

  async #inTurn(exchange: OpenExchange): Promise<void> {
    const turn = this.#turns.join(exchange.request, exchange.response);
    if (turn !== null && !(await turn)) return;
    return this.#dispatch(exchange);
  }

  async #dispatch(exchange: OpenExchange): Promise<void> {
    const { request, method, id, inBase, protocol } = exchange;
    const { download, admission } = this.#options;
    if (this.#drain.begun) {
      throw new Fault('UNAVAILABLE', 'the server is stopping; come back in a moment', {
        retryAfter: 5,
      });
    }
    const problem = hostProblem(request.httpVersion, request.rawHeaders);
    if (problem) throw new Fault('BAD_REQUEST', problem, CLOSES);
    if (exchange.badTarget)
      throw new Fault('BAD_REQUEST', 'the request target is not a URL of ours');
    const answered = methodsFor(protocol.methods, inBase, id);
    if (!answered.includes(method)) {
      throw new Fault('METHOD_NOT_ALLOWED', 'this address does not answer that method', {
        headers: { Allow: answered.join(', ') },
      });
    }
    if (!inBase) throw new Fault('NOT_FOUND', 'there is nothing here');
    const { expect } = request.headers;
    if (expect !== undefined && expect.toLowerCase() !== '100-continue') {
      throw new Fault('BAD_REQUEST', 'only 100-continue can be expected', { status: 417 });
    }
    const serve = method === 'GET' && download ? download : protocol.serve;
    return admission ? serveAdmitted(admission, exchange, serve) : serve(exchange);
  }

  #refuse(exchange: OpenExchange, error: unknown): void {
    const { response, note } = exchange;
    if (error instanceof Fault) {
      const kept = note.bytes ? `; ${note.bytes} bytes kept` : '';
      note.text = error.message + kept;
    }
    try {
      writeFault(exchange, error, this.#options.onBug);
    } catch (bug) {
      this.#options.onBug(bug);
      response.destroy();
    }
  }

  /** Node has detached its parser from this connection. */
  #refuseTunnel(request: IncomingMessage, socket: Socket): void {
    socket.on('error', () => {});
    socket.resume();
    const response = new Answer(request);
    response.shouldKeepAlive = false;
    response.once('finish', () => socket.destroySoon());
    void this.#turns.allDone(socket).then((open) => {
      if (open) response.assignSocket(socket);
    });
    this.#serve(request, response);
  }

  /** A parser error: either the bytes never formed a request, or a body is malformed. */
  async #noRequest(error: Error, socket: Socket): Promise<void> {
    const what = describeNoRequest(error);
    if (!what) {
      socket.destroy();
      return;
    }
    if (isClosing(socket) || this.#broken.has(socket)) return;
    this.#broken.add(socket);
    const last = this.#turns.last(socket);
    // The last response has been sent, is being sent or is being prepared.
    if (last && !last.response.shouldKeepAlive && last.request.complete) return;
    if (last && !last.request.complete) {
      // The client disconnected in the middle of its body; the bytes received so far are kept.
      if (errnoOf(error) === 'HPE_INVALID_EOF_STATE') return void socket.destroy();
      last.response.shouldKeepAlive = false;
      // Ends reading the body as a reset does, but the client can still get a response.
      last.request.emit('error', new Fault('BAD_REQUEST', 'the body is not valid HTTP'));
      const ends = setTimeout(() => socket.destroy(), BROKEN);
      last.response.once('close', () => clearTimeout(ends));
      await this.#turns.allDone(socket);
      socket.destroySoon();
      return;
    }
    if (!(await this.#turns.allDone(socket)) || !socket.writable) return;
    const headers = { ...this.#options.protocols[0].headers, ...this.#allowFor(what) };
    socket.write(noRequestAnswer(what, headers, this.#options.now()));
    socket.destroySoon();
    if (!this.#mayTell()) return;
    const address = plainAddress(socket.remoteAddress ?? '');
    this.#options.onRequest(noRequestRecord(what, this.#options.now(), address));
  }

  /** Response headers: a 405 lists the methods that its target allows. */
  #allowFor({ status, path }: NoRequest): Record<string, string> {
    if (status !== 405) return {};
    const target = parseTarget('', path ?? '') ?? { path: '' };
    const { inBase, id } = placeOf(this.#options.basePath, target.path);
    return { Allow: methodsFor(this.#options.protocols[0].methods, inBase, id).join(', ') };
  }

  #noteForwarded(request: IncomingMessage, { address }: ClientAddress): void {
    if (this.#forwardedIgnored || !saysForwarded(request.headers)) return;
    this.#forwardedIgnored = true;
    this.#options.onForwardedIgnored(address);
  }
}

/** If the headers contradict each other, the end of the request is uncertain as well. */
const CLOSES = { headers: { Connection: 'close' } };
