/** How often the pace is set anew (milliseconds). */
export const PACE_INTERVAL = 100;
/** Above this share of the time the event loop has no time left for anybody. */
const SATURATED = 0.9;
/** Deliveries a second: what goes out however busy uploads keep the process, and what is no limit. */
const SLOWEST = 100;
const FASTEST = 50_000;
/** By how much the pace rises when there is room. */
const RISE = 1.25;

/**
 * How fast deliveries may go out: without a limit, but where uploads and deliveries together leave
 * the event loop no time, uploads come first, since their clients wait for them. Then the pace is
 * halved until there is room again, and rises slowly after that.
 */
export class Pace {
  readonly #idleTime: () => number;
  #rate = FASTEST;
  #room = 0;
  #used = 0;
  #measuredAt = Number.NEGATIVE_INFINITY;
  #idleBefore = 0;
  #uploads = false;

  /** `idleTime` tells for how long the event loop has had nothing to do so far (milliseconds). */
  constructor(idleTime: () => number) {
    this.#idleTime = idleTime;
  }

  /** Something has happened to an upload. */
  uploadChanged(): void {
    this.#uploads = true;
  }

  /** How many may go out at `now` (milliseconds on a clock that never jumps). */
  room(now: number): number {
    if (now - this.#measuredAt >= PACE_INTERVAL) this.#measure(now);
    return this.#room;
  }

  took(count: number): void {
    this.#room -= count;
    this.#used += count;
  }

  #measure(now: number): void {
    const elapsed = now - this.#measuredAt;
    const idle = this.#idleTime();
    const busy = 1 - (idle - this.#idleBefore) / elapsed;
    // What was measured over a long time says nothing about now.
    if (!this.#uploads || elapsed > 10 * PACE_INTERVAL) this.#rate = FASTEST;
    else if (busy <= SATURATED) this.#rate = Math.min(FASTEST, this.#rate * RISE);
    else this.#rate = Math.max(SLOWEST, Math.min(this.#rate, (1_000 * this.#used) / elapsed) / 2);
    this.#room = Math.ceil((this.#rate * PACE_INTERVAL) / 1_000);
    this.#used = 0;
    this.#measuredAt = now;
    this.#idleBefore = idle;
    this.#uploads = false;
  }
}
