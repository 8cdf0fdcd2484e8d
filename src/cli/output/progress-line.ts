import { truncate } from '../../terminal/fit.ts';
import type { Io, Output } from '../process/io.ts';
import { canMove, textOutput } from './text-output.ts';

const EVERY = 200;

/** One line at the bottom of a terminal that tells how far something has come. */
export class ProgressLine {
  readonly #output: Output;
  readonly #now: () => number;
  readonly #draws: boolean;
  #drawnAt = Number.NEGATIVE_INFINITY;
  #shown = false;

  /** Draws nothing where stderr is not a terminal, or a dumb one. */
  constructor(io: Io) {
    this.#output = textOutput(io, io.stderr);
    this.#now = io.now;
    this.#draws = canMove(io, io.stderr);
  }

  /** Shows a line, if the last one has been there for a moment. `text` is only asked for then. */
  async update(text: () => string): Promise<void> {
    const size = this.#output.size();
    if (!this.#draws || size === null || this.#now() - this.#drawnAt < EVERY) return;
    this.#drawnAt = this.#now();
    this.#shown = true;
    await this.#output.write(`\r\x1b[K${truncate(text(), size.columns - 1)}`);
  }

  /** Takes the line away, so that something else can be printed in its place. */
  async clear(): Promise<void> {
    if (!this.#shown) return;
    this.#shown = false;
    await this.#output.write('\r\x1b[K');
  }
}
