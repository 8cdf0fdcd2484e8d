import type { Output } from '../process/io.ts';

const CHUNK = 64 * 1024;

/** Combines lines into large writes, and waits until each write is taken. */
export class LineWriter {
  readonly #output: Output;
  #waiting = '';

  constructor(output: Output) {
    this.#output = output;
  }

  async line(text: string): Promise<void> {
    this.#waiting += `${text}\n`;
    if (this.#waiting.length >= CHUNK) await this.flush();
  }

  async flush(): Promise<void> {
    const text = this.#waiting;
    this.#waiting = '';
    if (text !== '') await this.#output.write(text);
  }
}
