import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { type Response, ResponseReader } from './response-reader.ts';

/** All connections read into the same memory: a read is used up before the next one begins. */
const RECEIVE = Buffer.allocUnsafe(256 * 1024);
/** What is sent as content, again and again. */
export const CONTENT = contentBlock(256 * 1024);

/** What a paced client sends at a time (bytes). */
const PACED_BLOCK = 64 * 1024;

export interface Request {
  readonly method: string;
  /** The head with its empty line; a small body may stand behind it. */
  readonly bytes: Buffer;
  /** Bytes of content that follow. */
  readonly content?: number;
}

/**
 * One kept-alive HTTP/1.1 connection on a bare socket. Node's own client costs as much as the
 * servers that are measured; this one costs little more than the system calls.
 */
export class Connection {
  readonly #socket: Socket;
  readonly #reader = new ResponseReader();
  #settle: { resolve: (response: Response) => void; reject: (error: Error) => void } | undefined;
  #closed: Error | undefined;

  private constructor(url: URL) {
    this.#socket = connect({
      host: url.hostname.replace(/^\[|\]$/g, ''),
      port: Number(url.port || 80),
      noDelay: true,
      onread: {
        buffer: RECEIVE,
        callback: (count) => {
          this.#received(RECEIVE.subarray(0, count));
          return true;
        },
      },
    });
    this.#socket.on('error', (error) => this.#fail(error));
    this.#socket.on('close', () => this.#fail(new Error('the server closed the connection')));
  }

  static async open(url: URL): Promise<Connection> {
    const connection = new Connection(url);
    await once(connection.#socket, 'connect');
    return connection;
  }

  get isOpen(): boolean {
    return this.#closed === undefined;
  }

  /**
   * Sends a request and waits for the whole response; one at a time. The content goes out as fast as
   * the server takes it, or at `rate` bytes per second.
   */
  request(request: Request, rate?: number): Promise<Response> {
    if (this.#closed) return Promise.reject(this.#closed);
    return new Promise((resolve, reject) => {
      this.#settle = { resolve, reject };
      this.#reader.expect(request.method);
      this.#socket.write(request.bytes);
      if (!request.content) return;
      if (rate === undefined) this.#send(request.content);
      else this.#pace(request.content, rate);
    });
  }

  /** Sends a request's head and part of its content; resolves when the kernel has them. */
  begin(request: Request, sent: number): Promise<void> {
    this.#reader.expect(request.method);
    this.#socket.write(request.bytes);
    return new Promise((resolve, reject) => {
      this.#socket.write(CONTENT.subarray(0, sent), (error) => (error ? reject(error) : resolve()));
    });
  }

  destroy(): void {
    this.#settle = undefined;
    this.#socket.destroy();
  }

  #send(length: number): void {
    let left = length;
    const more = (): void => {
      while (left > 0 && !this.#closed) {
        const block = left < CONTENT.length ? CONTENT.subarray(0, left) : CONTENT;
        left -= block.length;
        if (!this.#socket.write(block)) {
          this.#socket.once('drain', more);
          return;
        }
      }
    };
    more();
  }

  /** A block whenever the next one is due; one that the server does not take delays the others. */
  #pace(length: number, rate: number): void {
    const begun = performance.now();
    let sent = 0;
    const more = (): void => {
      if (sent >= length || this.#closed) return;
      const block = CONTENT.subarray(0, Math.min(PACED_BLOCK, length - sent));
      sent += block.length;
      const next = () => setTimeout(more, begun + (sent / rate) * 1000 - performance.now());
      if (this.#socket.write(block)) next();
      else this.#socket.once('drain', next);
    };
    more();
  }

  #received(bytes: Buffer): void {
    try {
      const response = this.#reader.push(bytes);
      if (!response) return;
      const settle = this.#settle;
      this.#settle = undefined;
      settle?.resolve(response);
    } catch (error) {
      this.#fail(error as Error);
      this.#socket.destroy();
    }
  }

  #fail(error: Error): void {
    this.#closed ??= error;
    const settle = this.#settle;
    this.#settle = undefined;
    settle?.reject(this.#closed);
  }
}

/** Not all alike, so that no layer below can make it cheaper than a person's file. */
function contentBlock(size: number): Buffer {
  const block = Buffer.allocUnsafe(size);
  let state = 0x9e3779b9;
  for (let at = 0; at < size; at += 4) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    block.writeUInt32LE(state, at);
  }
  return block;
}
