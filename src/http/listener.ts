import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { errnoOf, Fault } from '../fault.ts';
import { serveAdmitted } from './admission.ts';
import { Answer } from './answer.ts';
import { breakBody } from './broken-body.ts';
import { burst } from './burst.ts';
import { type ClientAddress, clientAddress, TrustedProxies } from './client/client-address.ts';
import { plainAddress } from './client/forwarded.ts';
import { hostProblem } from './client/host.ts';
import { ignoredForwarded } from './client/ignored-forwarded.ts';
import { type Cors, createCors } from './cors.ts';
import type { OpenAddress } from './doors/address.ts';
import { createHttpServer } from './doors/create-server.ts';
import { openDoor } from './doors/open-door.ts';
import { nameUnixPeer } from './doors/unix-peer.ts';
import { Drain } from './drain.ts';
import { closeGently, isClosing } from './gentle-close.ts';
import { isLanding, LANDING } from './landing.ts';
import type { ListenerOptions, LiveListenerOptions } from './listener-options.ts';
import { methodsFor } from './method.ts';
import { describeNoRequest, type NoRequest, noRequestAnswer } from './no-request.ts';
import { type OpenExchange, openExchange } from './open-exchange.ts';
import { answerPage, pageFor } from './page.ts';
import { requestIdOf } from './request-id.ts';
import { noRequestRecord, recordOf } from './request-record.ts';
import { seldom } from './seldom.ts';
import { parseTarget, placeOf } from './target.ts';
import { setStrictTransport } from './tls/strict-transport.ts';
import type { Tls } from './tls/tls.ts';
import { Together } from './together.ts';
import { Turns } from './turns.ts';
import { writeFault } from './write-fault.ts';

/** How long a request may continue after a parse error in its body (milliseconds). */
const BROKEN = 1_000;

function corsOf({ corsOrigins, protocols }: ListenerOptions): Cors {
  return createCors(corsOrigins, ...protocols.map(({ cors }) => cors));
}

/** The HTTP server: node:http at one or more addresses, the base path, CORS, methods, and error responses. */
export class Listener {
  #options: ListenerOptions;
  readonly #servers: readonly Server[];
  #cors: Cors;
  #proxies: TrustedProxies;
  readonly #turns = new Turns();
  readonly #together = new Together();
  readonly #drain = new Drain();
  /** Connections whose parser has failed. */
  readonly #broken = new WeakSet<Socket>();
  readonly #mayTell: () => boolean;
  readonly #noteIgnored: (request: IncomingMessage, client: ClientAddress) => void;

  constructor(options: ListenerOptions) {
    this.#options = options;
    this.#cors = corsOf(options);
    this.#proxies = new TrustedProxies(options.trustedProxies);
    this.#mayTell = burst(options.onMoreRefused);
    this.#noteIgnored = ignoredForwarded(options.onForwardedIgnored);
    this.#servers = options.addresses.map(({ kind }) =>
      this.#createServer(kind === 'unix' ? null : options.tls),
    );
  }

  #createServer(tls: Tls | null): Server {
    const server = createHttpServer(this.#options, tls);
    this.#drain.add(server);
    const turnedAway = seldom(this.#options.onTurnedAway);
    server.on('drop', turnedAway);
    server.on('connection', (socket) => {
      // Each server counts its own connections.
      if (this.#drain.connections > this.#options.maxConnections) {
        socket.destroy();
        turnedAway();
      }
      // Reading the address makes Node cache it, so that it is known after the client disconnects.
      void socket.remoteAddress;
    });
    // What node:http reads from.
    server.on(tls ? 'secureConnection' : 'connection', closeGently);
    server.on('request', (request, response) => this.#serve(request, response));
    // Without these listeners Node responds by itself before our code sees the request.
    server.on('checkContinue', (request, response) => this.#serve(request, response, true));
    server.on('checkExpectation', (request, response) => this.#serve(request, response));
    server.on('connect', (request, socket) => this.#refuseTunnel(request, socket as Socket));
    server.on('clientError', (error, socket) => this.#noRequest(error, socket as Socket));
    return server;
  }

  /**
   * Resolves with the addresses in use, in the order of the options. Throws CANNOT_LISTEN with what to
   * do, and then listens nowhere.
   */
  async listen(): Promise<readonly OpenAddress[]> {
    const { addresses, prepare, onTrouble } = this.#options;
    const open: OpenAddress[] = [];
    try {
      for (const [index, server] of this.#servers.entries()) {
        await prepare?.(server);
        const address = await openDoor(server, addresses[index]!);
        open.push(address);
        if (address.kind === 'unix') server.prependListener('connection', nameUnixPeer);
        // When file descriptors run out, accept fails; that must not end the process.
        server.on('error', (error) => {
          onTrouble?.(`a connection could not be accepted: ${error.message}`);
        });
      }
    } catch (error) {
      this.closeAll();
      await this.close();
      throw error;
    }
    return open;
  }

  /** Changes options while the server runs, for requests that arrive from now on. */
  reconfigure(changes: Partial<LiveListenerOptions>): void {
    const options = { ...this.#options, ...changes };
    this.#options = options;
    this.#cors = corsOf(options);
    this.#proxies = new TrustedProxies(options.trustedProxies);
    const { headersTimeout, keepAliveTimeout, maxConnections } = options;
    for (const server of this.#servers) {
      Object.assign(server, { headersTimeout, keepAliveTimeout, maxConnections });
    }
  }

  /**
   * Stops accepting connections and closes idle ones. Requests that still arrive on the others get
   * 503, and every connection closes after its response. Resolves when the last one is closed.
   */
  async close(): Promise<void> {
    const closed = this.#servers.map(
      (server) => new Promise<void>((resolve) => server.close(() => resolve())),
    );
    this.#drain.begin();
    await Promise.all(closed);
  }

  /** Closes every connection immediately. */
  closeAll(): void {
    for (const server of this.#servers) server.closeAllConnections();
  }

  #serve(request: IncomingMessage, response: ServerResponse, expects = false): void {
    const { socket } = request;
    // Input after the last response of a connection is ignored.
    if (isClosing(socket)) return;
    const started = performance.now();
    const options = this.#options;
    const at = options.now();
    const client = clientAddress(request, this.#proxies);
    if (!client.trusted) this.#noteIgnored(request, client);
    const protocol = options.protocols.find((one) => one.claims(request)) ?? options.protocols[0];
    const exchange = openExchange(options, protocol, request, response, client, expects, started);
    if ('encrypted' in socket) setStrictTransport(response, options.hstsMs);
    const refusedOrigin = this.#cors(request, response);
    // Reported once, when the response has ended and the received bytes are on disk.
    let open = 2;
    const ended = () => {
      open -= 1;
      if (open === 0) options.onRequest(recordOf(exchange, at, started, refusedOrigin));
    };
    this.#drain.watch(response);
    const owed = this.#turns.join(request, response);
    // One listener for all: adding and removing them is a large part of what a small request costs.
    response.once('close', () => {
      this.#drain.unwatch(response);
      ended();
      owed.done();
    });
    // Connection resets are handled where the body is read; here they must not end the process.
    response.on('error', ignore);
    request.on('error', ignore);
    this.#together.add(() => void this.#inTurn(exchange, owed.turn).then(ended));
  }

  async #inTurn(exchange: OpenExchange, turn: Promise<boolean> | null): Promise<void> {
    try {
      if (turn !== null && !(await turn)) return;
      await this.#dispatch(exchange);
    } catch (error) {
      this.#refuse(exchange, error);
    }
  }

  /** Throws, or resolves when the request is served. Not async: each layer of promises costs time. */
  #dispatch(exchange: OpenExchange): Promise<unknown> {
    const { request, method, id, inBase, protocol } = exchange;
    const { download, admission, pages = {} } = this.#options;
    const page = pageFor(pages, exchange);
    if (page) return page().then((content) => answerPage(exchange, content));
    if (this.#drain.begun) {
      throw new Fault('UNAVAILABLE', 'the server is stopping; come back in a moment', {
        retryAfter: 5,
      });
    }
    const problem = hostProblem(request.httpVersion, request.rawHeaders);
    if (problem) throw new Fault('BAD_REQUEST', problem, CLOSES);
    if (exchange.badTarget)
      throw new Fault('BAD_REQUEST', 'the request target is not a URL of ours');
    if (isLanding(exchange)) return Promise.resolve(answerPage(exchange, LANDING));
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
    note.code = error instanceof Fault ? error.code : 'BUG';
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
      breakBody(last.request);
      const ends = setTimeout(() => socket.destroy(), BROKEN);
      last.response.once('close', () => clearTimeout(ends));
      await this.#turns.allDone(socket);
      socket.destroySoon();
      return;
    }
    if (!(await this.#turns.allDone(socket)) || !socket.writable) return;
    const requestId = requestIdOf(null);
    const headers = {
      ...this.#options.protocols[0].headers,
      ...this.#allowFor(what),
      'X-Request-Id': requestId,
    };
    socket.write(noRequestAnswer(what, headers, this.#options.now()));
    socket.destroySoon();
    if (!this.#mayTell()) return;
    const address = plainAddress(socket.remoteAddress ?? '');
    this.#options.onRequest(noRequestRecord(what, this.#options.now(), requestId, address));
  }

  /** Response headers: a 405 lists the methods that its target allows. */
  #allowFor({ status, path }: NoRequest): Record<string, string> {
    if (status !== 405) return {};
    const target = parseTarget('', path ?? '') ?? { path: '' };
    const { inBase, id } = placeOf(this.#options.basePath, target.path);
    return { Allow: methodsFor(this.#options.protocols[0].methods, inBase, id).join(', ') };
  }
}

function ignore(): void {}

/** If the headers contradict each other, the end of the request is uncertain as well. */
const CLOSES = { headers: { Connection: 'close' } };
