/** How often the pace is adjusted (milliseconds). */
export const PACE_INTERVAL = 100;
/** Above this utilization the event loop counts as saturated. */
const SATURATED = 0.9;
/**
 * Deliveries per second: the minimum, however busy uploads are, and a value that means no limit.
 */
const SLOWEST = 100;
const FASTEST = 50_000;
/** The factor by which the pace rises when there is capacity. */
const RISE = 1.25;

/**
 * Limits the rate of deliveries. There is no limit unless uploads and deliveries together saturate
 * the event loop. Then uploads come first, since their clients wait for them: the pace is halved
 * until there is capacity again, and rises slowly after that.
 */
export class Pace {
  readonly #idleTime: () => number;
  #rate = FASTEST;
  #room = 0;
  #used = 0;
  #measuredAt = Number.NEGATIVE_INFINITY;
  #idleBefore = 0;
  #uploads = false;

  /** `idleTime` returns the total idle time of the event loop (milliseconds). */
  constructor(idleTime: () => number) {
    this.#idleTime = idleTime;
  }

  /** An upload has changed. */
  uploadChanged(): void {
    this.#uploads = true;
  }

  /** How many deliveries may be sent at `now` (milliseconds, monotonic clock). */
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
    // An average over a long time says nothing about the current load.
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
