import { formatJson } from '../../terminal/json.ts';
import type { Output } from '../process/io.ts';
import { LineWriter } from './line-writer.ts';

/**
 * Writes one JSON object with a list `uploads` while the list is read, one item per line. Memory
 * use does not depend on the length of the list.
 */
export class JsonList {
  readonly #lines: LineWriter;
  /** Written once it is known whether a comma must follow. */
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

  /** Ends the object; `tail` has the keys after the list, at least one. */
  async end(tail: Readonly<Record<string, unknown>>): Promise<void> {
    await this.#lines.line(this.#pending);
    await this.#lines.line(`],${formatJson(tail).slice('{'.length)}`);
    await this.#lines.flush();
  }
}
