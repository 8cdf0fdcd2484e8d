import type { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';

/**
 * The parts of node:http's parser (lib/_http_common.js, src/node_http_parser.cc) that are used
 * here.
 */
export interface Parser {
  /** The message whose body is being parsed. */
  incoming: IncomingMessage | null;
  /** Called with each head. Returning 2 makes the parser stop after the head, as for an upgrade. */
  onIncoming: (request: IncomingMessage, keepAlive: boolean) => number;
  /** Reads from the handle from now on. */
  consume(handle: object): void;
  unconsume(): void;
  _consumed: boolean;
  /** Returns how many bytes were parsed, or an Error. */
  execute(bytes: Buffer): number | Error;
  /** The connection has ended; returns an Error if it ended in the middle of a message. */
  finish(): Error | undefined;
  /** The buffer that is being parsed. */
  getCurrentBuffer(): Buffer;
  readonly constructor: {
    readonly kOnBody: number;
    readonly kOnMessageComplete: number;
    readonly kOnExecute: number;
  };
  [callback: number]: (argument?: unknown) => void;
}

/** A server's connection. The symbols are those that net's option `onread` sets. */
export interface Connection extends Socket {
  readonly parser?: Parser | null;
  readonly _handle: { useUserBuffer(buffer: Buffer): void } | null;
  [symbol: symbol]: unknown;
}

export interface ReadSymbols {
  readonly buffer: symbol;
  readonly callback: symbol;
  /** Returns the buffer for the next read. */
  readonly next: symbol;
}

/** The symbols of this Node; undefined if its sockets are not as expected. */
export function findReadSymbols(): ReadSymbols | undefined {
  const socket = new Socket();
  const symbols = Object.getOwnPropertySymbols(socket);
  socket.destroy();
  const buffer = symbols.find(({ description }) => description === 'kBuffer');
  const callback = symbols.find(({ description }) => description === 'kBufferCb');
  const next = symbols.find(({ description }) => description === 'kBufferGen');
  return buffer && callback && next ? { buffer, callback, next } : undefined;
}

const METHODS = ['consume', 'unconsume', 'execute', 'finish', 'getCurrentBuffer'] as const;
const CALLBACKS = ['kOnBody', 'kOnMessageComplete', 'kOnExecute'] as const;

/** true for a plain TCP or Unix socket connection whose parser has the expected shape. */
export function isAsExpected(socket: Connection, parser?: Parser | null): parser is Parser {
  return (
    parser != null &&
    parser._consumed === true &&
    typeof parser.onIncoming === 'function' &&
    METHODS.every((name) => typeof parser[name] === 'function') &&
    CALLBACKS.every((name) => typeof parser[parser.constructor[name]] === 'function') &&
    typeof socket._handle?.useUserBuffer === 'function'
  );
}
