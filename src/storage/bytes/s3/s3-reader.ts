import { Fault } from '../../../fault.ts';
import type { Reader } from '../bytes.ts';
import type { Calls } from './calls/calls.ts';
import type { Source } from './calls/object-store.ts';
import { cutOut, lengthOf } from './calls/sources.ts';

/** Reads objects one behind the other, by requests for what is asked for. */
export class S3Reader implements Reader {
  readonly size: number;
  readonly #calls: Calls;
  readonly #sources: readonly Source[];

  constructor(calls: Calls, sources: readonly Source[]) {
    this.#calls = calls;
    this.#sources = sources;
    this.size = lengthOf(sources);
  }

  /** The request ends when the caller stops early. */
  async *blocks(from: number, to: number): AsyncGenerator<Buffer> {
    for (const source of cutOut(this.#sources, from, Math.min(to, this.size))) {
      yield* this.#calls.read(source);
    }
    if (to > this.size)
      throw new Fault('IO', `the bytes ended at byte ${this.size}, before byte ${to}`);
  }

  close(): void {}
}
