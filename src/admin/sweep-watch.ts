import { messageOf } from '../fault.ts';
import type { SweepSummary } from '../retention/decision.ts';
import { formatSpan, HOUR } from '../text/span.ts';

/** A sweep that runs for longer is stuck (milliseconds). */
const LONGEST = 6 * HOUR;
/** So many failures in a row are no accident. */
const FAILURES = 3;

/** Knows how the scheduled sweeps go. Times are milliseconds since the epoch. */
export class SweepWatch {
  readonly #now: () => number;
  #runningSince: number | null = null;
  #failuresInRow = 0;
  #lastError = '';
  done = 0;
  failed = 0;
  /** Uploads, parts and files removed since the start. */
  removed = 0;
  /** Bytes freed since the start. */
  freed = 0;
  /** How the last sweep ended; null before the first. */
  last: { readonly at: number; readonly ms: number; readonly ok: boolean } | null = null;

  constructor(now: () => number) {
    this.#now = now;
  }

  /** Runs a sweep and watches it. */
  async run(sweep: () => Promise<SweepSummary>): Promise<void> {
    const began = this.#now();
    this.#runningSince = began;
    try {
      const { removed, bytes } = await sweep();
      this.removed += removed;
      this.freed += bytes;
      this.done += 1;
      this.#failuresInRow = 0;
      this.#ended(began, true);
    } catch (error) {
      this.failed += 1;
      this.#failuresInRow += 1;
      this.#lastError = messageOf(error);
      this.#ended(began, false);
      throw error;
    }
  }

  /** Throws when sweeps are stuck. */
  assertWell(): void {
    const running = this.#runningSince === null ? 0 : this.#now() - this.#runningSince;
    if (running > LONGEST) throw new Error(`the sweep has been running for ${formatSpan(running)}`);
    if (this.#failuresInRow >= FAILURES) {
      throw new Error(`the last ${this.#failuresInRow} sweeps failed: ${this.#lastError}`);
    }
  }

  #ended(began: number, ok: boolean): void {
    const at = this.#now();
    this.#runningSince = null;
    this.last = { at, ms: Math.max(0, at - began), ok };
  }
}
