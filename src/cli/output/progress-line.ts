import { truncate } from '../../terminal/fit.ts';
import type { Io, Output } from '../process/io.ts';
import { canMove, textOutput } from './text-output.ts';

const EVERY = 200;

/** A progress line at the bottom of a terminal. */
export class ProgressLine {
  readonly #output: Output;
  readonly #now: () => number;
  readonly #draws: boolean;
  #drawnAt = Number.NEGATIVE_INFINITY;
  #shown = false;

  /** Draws nothing if stderr is not a terminal, or is a dumb one. */
  constructor(io: Io) {
    this.#output = textOutput(io, io.stderr);
    this.#now = io.now;
    this.#draws = canMove(io, io.stderr);
  }

  /** Updates the line unless it was drawn a moment ago. `text` is called only when needed. */
  async update(text: () => string): Promise<void> {
    const size = this.#output.size();
    if (!this.#draws || size === null || this.#now() - this.#drawnAt < EVERY) return;
    this.#drawnAt = this.#now();
    this.#shown = true;
    await this.#output.write(`\r\x1b[K${truncate(text(), size.columns - 1)}`);
  }

  /** Clears the line, so that other output can take its place. */
  async clear(): Promise<void> {
    if (!this.#shown) return;
    this.#shown = false;
    await this.#output.write('\r\x1b[K');
  }
}
