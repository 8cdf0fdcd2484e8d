/** A change may be recorded so long after it read the clock (milliseconds). */
const STRAGGLERS = 60_000;

/**
 * Notices that the clock was set back. What is due at a time that it had read before would wait until
 * it has caught up.
 */
export class ClockSteps {
  #last = Number.NEGATIVE_INFINITY;
  #againAt: number | null = null;

  /**
   * Call with the time (milliseconds since the epoch) and a clock that is never set. True when the time
   * has gone back since the last call, and once more a minute later, for changes that began before.
   */
  backward(now: number, elapsed: number): boolean {
    const stepped = now < this.#last;
    this.#last = now;
    const again = this.#againAt !== null && elapsed >= this.#againAt;
    if (stepped) this.#againAt = elapsed + STRAGGLERS;
    else if (again) this.#againAt = null;
    return stepped || again;
  }
}
