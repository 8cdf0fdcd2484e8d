import type { IncomingMessage, Server } from 'node:http';
import { allocateBlock } from '../../storage/model/io-block.ts';
import { DirectBody } from './direct-body.ts';
import {
  type Connection,
  findReadSymbols,
  isAsExpected,
  type Parser,
  type ReadSymbols,
} from './node-internals.ts';

// node:http's parser copies a body into new memory, 64 KiB at a time. Here the parser is detached
// from the connection once it has read a head; the body is read from the socket into one buffer
// that is reused, and then the parser is attached again. Everything else stays with node:http:
// responses and their order, timeouts, the list of connections. The internals of Node that this uses
// are in node-internals.ts, and self-test.ts checks them before they are relied on.

/** The most bytes that one read returns. */
const BUFFER_SIZE = 1024 * 1024;

/** The most bytes that one read returns where the sink has no wish. */
const USUAL = 256 * 1024;

/**
 * After so many bytes of reads that were all full, other connections get their turn. libuv would read up
 * to 32 times, and everyone else would wait for them.
 */
const TURN = 512 * 1024;

/** All connections share one buffer: a chunk is consumed or copied before the next read. */
let shared: Buffer | undefined;

/** Resets the parser's upgrade state: after an upgrade it does not report malformed heads. */
const EMPTY_REQUEST = Buffer.from('GET / HTTP/1.1\r\n\r\n');

/**
 * Makes a server read bodies of at least `shortest` bytes directly from their sockets, on all new
 * connections. Returns false, and does nothing, if the internals of node:net are not as expected.
 */
export function tapConnections(server: Server, shortest: number): boolean {
  const symbols = findReadSymbols();
  if (!symbols) return false;
  // Runs after node:http's own listener, which creates the parser.
  server.on('connection', (socket: Connection) => {
    const { parser } = socket;
    if (isAsExpected(socket, parser)) new Tap(socket, parser, { symbols, shortest });
  });
  return true;
}

interface TapOptions {
  readonly symbols: ReadSymbols;
  readonly shortest: number;
}

/** One connection, and the body that is being read from it. */
class Tap {
  readonly #socket: Connection;
  readonly #parser: Parser;
  readonly #symbols: ReadSymbols;
  readonly #shortest: number;
  /** node:http's own callbacks. */
  readonly #onIncoming: Parser['onIncoming'];
  readonly #onExecute: (parsed: number | Error) => void;
  /** The body that belongs to the last parsed head. */
  #announced: DirectBody | undefined;
  /** The body that is being read. */
  #body: DirectBody | undefined;
  /** Bytes of full reads in a row. */
  #row = 0;
  #clearing = false;
  /**
   * The connection closes after the last body: its parser has finished and reports nothing more.
   */
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
    // Parsers are reused for other connections; Node resets everything else that was set here.
    socket.once('close', () => this.#restoreFinish());
  }

  readonly #onHead = (request: IncomingMessage, keepAlive: boolean): number => {
    if (this.#clearing) return 0;
    const length = lengthOf(request);
    if (length === 0 || length < this.#shortest) return this.#onIncoming(request, keepAlive);
    this.#announced = new DirectBody(request, length);
    this.#last = !keepAlive;
    this.#onIncoming(request, keepAlive);
    // The parser considers the message complete now; it must not report that.
    this.#parser.incoming = null;
    return 2;
  };

  /** The parser has parsed a chunk. */
  #onParsed(parsed: number | Error): void {
    const parser = this.#parser;
    if (this.#announced || this.#last) this.#goOn(parsed, parser.getCurrentBuffer());
    else this.#onExecute(parsed);
  }

  /**
   * Passes the result of parsing `bytes` to node:http, once a body that begins in them has been
   * started.
   */
  #goOn(parsed: number | Error, bytes: Buffer): void {
    const surplus = this.#last && !this.#announced && !isBlank(bytes);
    if (this.#announced) this.#begin(parsed, bytes);
    if (this.#socket.parser !== this.#parser) return;
    this.#onExecute(surplus ? parseError('CLOSED_CONNECTION', SURPLUS) : parsed);
  }

  /** Detaches the parser from the connection; the body begins after the parsed part of `bytes`. */
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

  /** Stays set on the handle, once; it is ignored while the parser reads from the handle. */
  #readIntoBuffer(): void {
    const socket = this.#socket;
    const { buffer, callback, next } = this.#symbols;
    if (socket[buffer]) return;
    shared ??= allocateBlock(BUFFER_SIZE);
    const first = shared.subarray(0, USUAL);
    socket[callback] = this.#onRead;
    socket[next] = this.#nextBuffer;
    socket[buffer] = first;
    socket._handle?.useUserBuffer(first);
  }

  /** Called after each read. */
  readonly #nextBuffer = (): Buffer => {
    const last = this.#socket[this.#symbols.buffer] as Buffer;
    const length = Math.min(this.#body?.wanted ?? USUAL, BUFFER_SIZE);
    return !shared || last.length === length ? last : shared.subarray(0, length);
  };

  /** Returns false to pause reading. */
  readonly #onRead = (length: number, buffer: Buffer): boolean => {
    const bytes = buffer.subarray(0, length);
    const body = this.#body;
    // Other code may have detached the parser, as a 'data' listener does.
    if (!body) return this.#socket.push(Buffer.from(bytes));
    return this.#receive(body, bytes) && this.#mayGoOn(body, length === buffer.length ? length : 0);
  };

  /** Returns false when reading stops until others have had their turn. `full`: bytes of a full read. */
  #mayGoOn(body: DirectBody, full: number): boolean {
    this.#row = full > 0 ? this.#row + full : 0;
    if (this.#row < TURN || this.#body !== body || !body.isTaken) return true;
    this.#row = 0;
    setImmediate(() => {
      if (this.#body === body && !body.isPaused) body.resume();
    });
    return false;
  }

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

  /** Attaches the parser again; `rest` are the bytes after the body. */
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
    // Copied because the next read overwrites the shared buffer.
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

/** The parser's error for a connection that ends in the middle of a body. */
function endedEarly(): Error {
  return parseError('INVALID_EOF_STATE', 'Invalid EOF state');
}

/** An error with the properties that the parser sets. */
function parseError(code: string, reason: string): Error {
  const error = new Error(`Parse Error: ${reason}`);
  return Object.assign(error, { code: `HPE_${code}`, reason, bytesParsed: 0 });
}

/** The declared length, already checked by the parser; 0 for bodies that the parser should read. */
function lengthOf({ headers, method }: IncomingMessage): number {
  const length = headers['content-length'];
  if (length === undefined || headers['transfer-encoding'] !== undefined) return 0;
  // Node does not handle upgrades and tunnels as requests.
  if (headers.upgrade !== undefined || method === 'CONNECT') return 0;
  const bytes = Number(length);
  return /^\d+$/.test(length) && Number.isSafeInteger(bytes) ? bytes : 0;
}
