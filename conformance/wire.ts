import { connect, isIP, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { parseReply, type Reply } from './reply.ts';
import { trusted } from './trust.ts';

/** The server did not answer, or not as HTTP: closed too early, silent for too long, unreachable. */
export class WireError extends Error {
  override readonly name = 'WireError';
  readonly kind: 'closed' | 'silent' | 'unreachable';

  constructor(kind: WireError['kind'], message: string) {
    super(message);
    this.kind = kind;
  }
}

/**
 * One connection, with nothing done behind the test's back: headers go out as given, bodies in the
 * pieces given, and every reply is seen, interim ones too. node:http's client cannot do half of
 * what a badly behaved tus client does. Everything has a time limit, in milliseconds.
 */
export class Wire {
  /** Below TLS, if there is any. */
  readonly #connection: Socket;
  readonly #socket: Socket;
  readonly #limitMs: number;
  /** Methods whose final replies are still to come: HEAD's have no body. */
  readonly #asked: string[] = [];
  #received = Buffer.alloc(0);
  #ended = false;
  #error: Error | undefined;
  #wake: (() => void) | undefined;

  private constructor(connection: Socket, socket: Socket, limitMs: number) {
    this.#connection = connection;
    this.#socket = socket;
    this.#limitMs = limitMs;
    socket.setNoDelay(true);
    socket.on('data', (data) => {
      this.#received = Buffer.concat([this.#received, data]);
      this.#wake?.();
    });
    socket.on('end', () => this.#over());
    socket.on('close', () => this.#over());
    socket.on('error', (error) => {
      this.#error = error;
      this.#over();
    });
  }

  /** Connects to the URL's host and port, with TLS for https. */
  static async open(url: string, limitMs: number): Promise<Wire> {
    const { protocol, hostname, port } = new URL(url);
    const secure = protocol === 'https:';
    const host = hostname.replace(/^\[|\]$/g, '');
    const where = { host, port: Number(port || (secure ? 443 : 80)), allowHalfOpen: true };
    const connection = connect(where);
    const servername = isIP(host) === 0 ? host : '';
    const socket = secure
      ? connectTls({ socket: connection, host, servername, ...trusted() })
      : connection;
    const wire = new Wire(connection, socket, limitMs);
    // TLS reports what ends it, but not before it has begun.
    connection.on('error', (error) => {
      wire.#error ??= error;
      wire.#over();
    });
    let connected = false;
    socket.once(secure ? 'secureConnect' : 'connect', () => {
      connected = true;
      wire.#wake?.();
    });
    try {
      await wire.#until(() => connected || undefined, 'a connection', limitMs);
    } catch (error) {
      socket.destroy();
      const why = wire.#error?.message ?? (error as Error).message;
      throw new WireError('unreachable', `cannot connect to ${hostname}:${where.port} (${why})`);
    }
    return wire;
  }

  /** Writes a request's line and headers. Values are sent byte for byte as latin1. */
  head(method: string, path: string, headers: [string, string][]): void {
    this.#asked.push(method);
    const lines = headers.map(([name, value]) => `${name}: ${value}\r\n`).join('');
    this.write(Buffer.from(`${method} ${path} HTTP/1.1\r\n${lines}\r\n`, 'latin1'));
  }

  /** Writes body bytes; a connection that the server has cut takes them without an error. */
  write(data: Buffer): void {
    if (this.#socket.writable) this.#socket.write(data);
  }

  /** The next reply of any kind, interim (1xx) or final. */
  next(limitMs = this.#limitMs): Promise<Reply> {
    return this.#until(
      () => {
        const parsed = parseReply(this.#received, this.#asked[0] ?? 'GET', this.#ended);
        if (parsed === undefined) return undefined;
        this.#received = this.#received.subarray(parsed.used);
        if (parsed.reply.status >= 200) this.#asked.shift();
        return parsed.reply;
      },
      'an answer',
      limitMs,
    );
  }

  /** The next final reply, with the interim statuses before it. */
  async reply(limitMs = this.#limitMs): Promise<Reply> {
    const interim: number[] = [];
    for (;;) {
      const reply = await this.next(limitMs);
      if (reply.status >= 200) return { ...reply, interim };
      interim.push(reply.status);
    }
  }

  /** Whether the server has closed the connection (its side of it, at least). */
  get closed(): boolean {
    return this.#ended;
  }

  /** Waits until the server closes the connection; false if it has not within the limit. */
  async closes(limitMs: number): Promise<boolean> {
    try {
      await this.#until(() => this.#ended || undefined, 'the end of the connection', limitMs);
      return true;
    } catch {
      return false;
    }
  }

  /** Sends FIN and keeps listening: a client that has stopped in the middle. */
  halfClose(): void {
    this.#socket.end();
  }

  /** Sends RST: a client whose network went away. */
  reset(): void {
    this.#connection.resetAndDestroy();
  }

  close(): void {
    this.#socket.destroy();
  }

  #over(): void {
    this.#ended = true;
    this.#wake?.();
  }

  async #until<T>(take: () => T | undefined, what: string, limitMs: number): Promise<T> {
    const deadline = Date.now() + limitMs;
    for (;;) {
      const taken = take();
      if (taken !== undefined) return taken;
      if (this.#ended) {
        const why = this.#error === undefined ? '' : ` (${this.#error.message})`;
        throw new WireError('closed', `the server closed the connection before ${what}${why}`);
      }
      const left = deadline - Date.now();
      if (left <= 0) throw new WireError('silent', `${what} did not come within ${limitMs} ms`);
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, left);
        this.#wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  }
}

/** One chunk of a chunked body. */
export function chunk(data: Buffer): Buffer {
  return Buffer.concat([Buffer.from(`${data.length.toString(16)}\r\n`), data, Buffer.from('\r\n')]);
}

/** The end of a chunked body, with its trailers. */
export function lastChunk(trailers: Record<string, string> = {}): Buffer {
  const lines = Object.entries(trailers).map(([name, value]) => `${name}: ${value}\r\n`);
  return Buffer.from(`0\r\n${lines.join('')}\r\n`, 'latin1');
}
