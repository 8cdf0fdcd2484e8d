/** How often the pace is set anew (milliseconds). */
const EVERY = 100;
/** Above this share of the time the event loop has no time left for anybody. */
const SATURATED = 0.9;
/** Deliveries a second: what goes out however busy uploads keep the process, and what is no limit. */
const SLOWEST = 100;
const FASTEST = 50_000;

/**
 * How fast deliveries may go out: without a limit, but where uploads and deliveries together leave
 * the event loop no time, uploads come first, since their clients wait for them. Then the pace is
 * halved until there is room again, and rises slowly after that.
 */
export class Pace {
  readonly #idleTime: () => number;
  #rate = FASTEST;
  #tokens = SLOWEST;
  #measuredAt = Number.NEGATIVE_INFINITY;
  #idleBefore = 0;
  #uploads = false;

  /** `idleTime` tells for how long the event loop has had nothing to do so far (milliseconds). */
  constructor(idleTime: () => number) {
    this.#idleTime = idleTime;
  }

  /** Something has happened to an upload. */
  uploadActive(): void {
    this.#uploads = true;
  }

  /** How many may go out at `now` (milliseconds on any clock that does not jump). */
  room(now: number): number {
    const elapsed = now - this.#measuredAt;
    if (elapsed >= EVERY) this.#measure(now, elapsed);
    return Math.floor(this.#tokens);
  }

  took(count: number): void {
    this.#tokens -= count;
  }

  #measure(now: number, elapsed: number): void {
    const idle = this.#idleTime();
    const busy = 1 - (idle - this.#idleBefore) / elapsed;
    const crowded = this.#uploads && busy > SATURATED && elapsed < 10 * EVERY;
    this.#rate = crowded
      ? Math.max(SLOWEST, this.#rate / 2)
      : Math.min(FASTEST, this.#uploads ? this.#rate * 1.25 : FASTEST);
    this.#tokens = (this.#rate * EVERY) / 1_000;
    this.#measuredAt = now;
    this.#idleBefore = idle;
    this.#uploads = false;
  }
}
