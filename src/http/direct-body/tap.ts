import type { IncomingMessage, Server } from 'node:http';
import { Socket } from 'node:net';
import { DirectBody } from './direct-body.ts';

// A body that passes node:http's parser is copied into new memory, 64 KiB at a time. Here the parser
// is taken off the connection once it has read a head; the body is read from the socket into one
// buffer that is used again and again, and the parser goes on behind it. All else stays with
// node:http: responses and their order, timeouts, the list of connections. What is used of its
// insides stands in this file alone, and self-test.ts tries it before anything relies on it.

/** What one read takes at most (bytes). It fits into the processor's cache. */
const BUFFER_SIZE = 256 * 1024;

/** All connections read into the same memory: a chunk is used up or copied before the next read. */
let shared: Buffer | undefined;

/** Makes the parser forget that it has seen an upgrade: after one it is silent about bad heads. */
const EMPTY_REQUEST = Buffer.from('GET / HTTP/1.1\r\n\r\n');

/** node:http's parser (lib/_http_common.js, src/node_http_parser.cc), as far as it is used here. */
interface Parser {
  /** The message whose body is being parsed. */
  incoming: IncomingMessage | null;
  /** Called with each head. 2 makes the parser stop behind the head, as for an upgrade. */
  onIncoming: (request: IncomingMessage, keepAlive: boolean) => number;
  /** Reads from the handle from now on. */
  consume(handle: object): void;
  unconsume(): void;
  _consumed: boolean;
  /** Returns how many bytes were parsed, or an Error. */
  execute(bytes: Buffer): number | Error;
  /** The connection has ended; returns an Error when that is in the middle of a message. */
  finish(): Error | undefined;
  /** What is being parsed. */
  getCurrentBuffer(): Buffer;
  readonly constructor: {
    readonly kOnBody: number;
    readonly kOnMessageComplete: number;
    readonly kOnExecute: number;
  };
  [callback: number]: (argument?: unknown) => void;
}

/** A server's connection. What stands under the two symbols is what net's option `onread` sets. */
interface Connection extends Socket {
  readonly parser?: Parser | null;
  readonly _handle: { useUserBuffer(buffer: Buffer): void } | null;
  [symbol: symbol]: unknown;
}

interface ReadSymbols {
  readonly buffer: symbol;
  readonly callback: symbol;
}

/**
 * Lets a server read bodies of at least `shortest` bytes from their sockets, on connections that
 * begin from now on. Returns false, and does nothing, where node:net is not made as expected.
 */
export function tapConnections(server: Server, shortest: number): boolean {
  const symbols = findReadSymbols();
  if (!symbols) return false;
  // Behind node:http's own listener, which makes the parser.
  server.on('connection', (socket: Connection) => {
    const { parser } = socket;
    if (isAsExpected(socket, parser)) new Tap(socket, parser, { symbols, shortest });
  });
  return true;
}

function findReadSymbols(): ReadSymbols | undefined {
  const socket = new Socket();
  const symbols = Object.getOwnPropertySymbols(socket);
  socket.destroy();
  const buffer = symbols.find(({ description }) => description === 'kBuffer');
  const callback = symbols.find(({ description }) => description === 'kBufferCb');
  return buffer && callback ? { buffer, callback } : undefined;
}

const METHODS = ['consume', 'unconsume', 'execute', 'finish', 'getCurrentBuffer'] as const;
const CALLBACKS = ['kOnBody', 'kOnMessageComplete', 'kOnExecute'] as const;

/** A plain TCP connection, or one of a Unix socket, with a parser that is made as it should be. */
function isAsExpected(socket: Connection, parser?: Parser | null): parser is Parser {
  return (
    parser != null &&
    parser._consumed === true &&
    typeof parser.onIncoming === 'function' &&
    METHODS.every((name) => typeof parser[name] === 'function') &&
    CALLBACKS.every((name) => typeof parser[parser.constructor[name]] === 'function') &&
    typeof socket._handle?.useUserBuffer === 'function'
  );
}

interface TapOptions {
  readonly symbols: ReadSymbols;
  readonly shortest: number;
}

/** One connection, and the body that comes on it. */
class Tap {
  readonly #socket: Connection;
  readonly #parser: Parser;
  readonly #symbols: ReadSymbols;
  readonly #shortest: number;
  /** node:http's own callbacks. */
  readonly #onIncoming: Parser['onIncoming'];
  readonly #onExecute: (parsed: number | Error) => void;
  /** The body whose head was parsed last. */
  #announced: DirectBody | undefined;
  /** The body that is coming. */
  #body: DirectBody | undefined;
  #clearing = false;
  /** The connection closes behind the last body: its parser is through, and silent about it. */
  #last = false;

  constructor(socket: Connection, parser: Parser, { symbols, shortest }: TapOptions) {
    this.#socket = socket;
    this.#parser = parser;
    this.#symbols = symbols;
    this.#shortest = shortest;
    const { kOnExecute } = parser.constructor;
    this.#onIncoming = parser.onIncoming;
    this.#onExecute = parser[kOnExecute]!;
    parser.onIncoming = this.#onHead;
    parser[kOnExecute] = (parsed) => this.#onParsed(parsed as number | Error);
    // Parsers are used again, for other connections; all else that was set is cleared with them.
    socket.once('close', () => this.#restoreFinish());
  }

  readonly #onHead = (request: IncomingMessage, keepAlive: boolean): number => {
    if (this.#clearing) return 0;
    const length = lengthOf(request);
    if (length === 0 || length < this.#shortest) return this.#onIncoming(request, keepAlive);
    this.#announced = new DirectBody(request, length);
    this.#last = !keepAlive;
    this.#onIncoming(request, keepAlive);
    // The parser takes the message for complete now, and nobody may hear of it.
    this.#parser.incoming = null;
    return 2;
  };

  /** The parser has parsed what came. */
  #onParsed(parsed: number | Error): void {
    const parser = this.#parser;
    if (this.#announced || this.#last) this.#goOn(parsed, parser.getCurrentBuffer());
    else this.#onExecute(parsed);
  }

  /** Lets node:http know what became of `bytes`, once a body that begins in them is under way. */
  #goOn(parsed: number | Error, bytes: Buffer): void {
    const surplus = this.#last && !this.#announced && !isBlank(bytes);
    if (this.#announced) this.#begin(parsed, bytes);
    if (this.#socket.parser !== this.#parser) return;
    this.#onExecute(surplus ? parseError('CLOSED_CONNECTION', SURPLUS) : parsed);
  }

  /** Takes the parser off the connection; behind what was parsed of `bytes` the body begins. */
  #begin(parsed: number | Error, bytes: Buffer): void {
    const body = this.#announced;
    const parser = this.#parser;
    this.#announced = undefined;
    if (!body || typeof parsed !== 'number') return;
    parser.unconsume();
    parser._consumed = false;
    this.#clearing = true;
    parser.execute(EMPTY_REQUEST);
    this.#clearing = false;
    parser.incoming = body.request;
    parser.finish = endedEarly;
    this.#body = body;
    this.#readIntoBuffer();
    this.#receive(body, bytes.subarray(parsed));
  }

  #readIntoBuffer(): void {
    const socket = this.#socket;
    const { buffer, callback } = this.#symbols;
    if (socket[buffer]) return;
    shared ??= Buffer.allocUnsafeSlow(BUFFER_SIZE);
    socket[callback] = this.#onRead;
    // Stays with the handle for good: below the parser, when that reads again.
    socket[buffer] = shared;
    socket._handle?.useUserBuffer(shared);
  }

  /** Returns false to read no more for now. */
  readonly #onRead = (length: number, buffer: Buffer): boolean => {
    const bytes = buffer.subarray(0, length);
    if (this.#body) return this.#receive(this.#body, bytes);
    // Somebody has taken the parser off, as a listener of 'data' does.
    return this.#socket.push(Buffer.from(bytes));
  };

  #receive(body: DirectBody, bytes: Buffer): boolean {
    const { left } = body;
    if (bytes.length < left) {
      if (bytes.length > 0) this.#give(body, bytes);
      return !body.isPaused;
    }
    this.#give(body, bytes.subarray(0, left));
    this.#end(body, bytes.subarray(left));
    return true;
  }

  #give(body: DirectBody, bytes: Buffer): void {
    if (body.take(bytes)) return;
    const parser = this.#parser;
    parser[parser.constructor.kOnBody]!(Buffer.from(bytes));
  }

  /** Puts the parser back on the connection; `rest` has come behind the body. */
  #end(body: DirectBody, rest: Buffer): void {
    const socket = this.#socket;
    const parser = this.#parser;
    this.#body = undefined;
    this.#restoreFinish();
    if (socket.parser !== parser || !socket._handle) return;
    parser.consume(socket._handle);
    parser._consumed = true;
    parser[parser.constructor.kOnMessageComplete]!();
    body.end();
    // The next read overwrites what is not copied.
    if (rest.length > 0) this.#parse(Buffer.from(rest));
  }

  #parse(bytes: Buffer): void {
    const parser = this.#parser;
    if (this.#socket.parser !== parser) return;
    this.#goOn(parser.execute(bytes), bytes);
  }

  #restoreFinish(): void {
    if (Object.hasOwn(this.#parser, 'finish')) Reflect.deleteProperty(this.#parser, 'finish');
  }
}

const SURPLUS = 'Data after `Connection: close`';
const CR = 13;
const LF = 10;

function isBlank(bytes: Buffer): boolean {
  return bytes.every((byte) => byte === CR || byte === LF);
}

/** What the parser says of a connection that ends in the middle of a body. */
function endedEarly(): Error {
  return parseError('INVALID_EOF_STATE', 'Invalid EOF state');
}

/** An error as the parser makes it. */
function parseError(code: string, reason: string): Error {
  const error = new Error(`Parse Error: ${reason}`);
  return Object.assign(error, { code: `HPE_${code}`, reason, bytesParsed: 0 });
}

/** The length that a request declares, which the parser has checked; 0 for what is left to it. */
function lengthOf({ headers, method }: IncomingMessage): number {
  const length = headers['content-length'];
  if (length === undefined || headers['transfer-encoding'] !== undefined) return 0;
  // Node's upgrades are no requests.
  if (headers.upgrade !== undefined || method === 'CONNECT') return 0;
  const bytes = Number(length);
  return /^\d+$/.test(length) && Number.isSafeInteger(bytes) ? bytes : 0;
}
