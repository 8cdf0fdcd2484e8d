import { connect, type Socket } from 'node:net';

export interface RawAnswer {
  /** All that came until the server closed its side, as latin1. */
  readonly text: string;
  /** The statuses in it, in order. */
  readonly statuses: number[];
  /** What broke the connection, if anything. */
  readonly error: string | undefined;
}

/** Bytes on a connection, and all that came back; nothing in between interprets either. */
export class Raw {
  readonly socket: Socket;
  #text = '';
  #error: string | undefined;
  readonly #ended: Promise<void>;

  constructor(url: string, allowHalfOpen = true) {
    const { port, hostname } = new URL(url);
    this.socket = connect({ port: Number(port), host: hostname, allowHalfOpen });
    this.socket.setEncoding('latin1').on('data', (text) => (this.#text += text));
    this.socket.on('error', (error) => {
      this.#error = error.message;
    });
    this.#ended = new Promise((resolve) => {
      this.socket.once('end', resolve);
      this.socket.once('close', () => resolve());
    });
  }

  get text(): string {
    return this.#text;
  }

  get statuses(): number[] {
    return [...this.#text.matchAll(/^HTTP\/1\.1 (\d{3})/gm)].map((match) => Number(match[1]));
  }

  send(data: string | Buffer): this {
    if (typeof data === 'string') this.socket.write(data, 'latin1');
    else this.socket.write(data);
    return this;
  }

  /** FIN. */
  finish(): this {
    this.socket.end();
    return this;
  }

  /** Waits until the server has closed its side, then closes this one. */
  async answer(limit = 20_000): Promise<RawAnswer> {
    const timer = setTimeout(() => this.socket.destroy(new Error(`open after ${limit} ms`)), limit);
    await this.#ended;
    clearTimeout(timer);
    this.socket.destroy();
    return { text: this.#text, statuses: this.statuses, error: this.#error };
  }
}

/** A request's head: Host and Connection: close unless the headers say otherwise (null leaves out). */
export function headOf(
  line: string,
  headers: Readonly<Record<string, string | number | null>> = {},
): string {
  const all = { Host: 'localhost', Connection: 'close', ...headers };
  const lines = Object.entries(all).filter(([, value]) => value !== null);
  return `${line}\r\n${lines.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n`;
}
