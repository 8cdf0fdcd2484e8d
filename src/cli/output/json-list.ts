import { formatJson } from '../../terminal/json.ts';
import type { Output } from '../process/io.ts';
import { LineWriter } from './line-writer.ts';

/**
 * One JSON object with a list `uploads`, written as the list is read: a list of any length needs no
 * more memory than a short one. One item on each line.
 */
export class JsonList {
  readonly #lines: LineWriter;
  /** Written once it is known whether a comma follows. */
  #pending: string;
  #separator = '';

  /** `head` holds the keys before the list. */
  constructor(output: Output, head: Readonly<Record<string, unknown>> = {}) {
    this.#lines = new LineWriter(output);
    this.#pending = formatJson({ ...head, uploads: [] }).slice(0, -']}'.length);
  }

  async item(value: unknown): Promise<void> {
    await this.#lines.line(this.#pending + this.#separator);
    this.#pending = formatJson(value);
    this.#separator = ',';
  }

  /** Ends the object; `tail` holds the keys behind the list, one at least. */
  async end(tail: Readonly<Record<string, unknown>>): Promise<void> {
    await this.#lines.line(this.#pending);
    await this.#lines.line(`],${formatJson(tail).slice('{'.length)}`);
    await this.#lines.flush();
  }
}
