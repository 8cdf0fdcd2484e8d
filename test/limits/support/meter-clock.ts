import type { MeterClock } from '../../../src/limits/clock.ts';

/** A clock that moves when a test says so. */
export class TestClock implements MeterClock {
  /** Milliseconds since the epoch. */
  wall: number;
  #monotonic = 0;
  #timers: { readonly at: number; readonly run: () => void }[] = [];

  constructor(wall = Date.UTC(2026, 5, 15, 12)) {
    this.wall = wall;
  }

  now(): number {
    return this.wall;
  }

  monotonic(): number {
    return this.#monotonic;
  }

  setTimeout(run: () => void, milliseconds: number): unknown {
    const timer = { at: this.#monotonic + milliseconds, run };
    this.#timers.push(timer);
    return timer;
  }

  clearTimeout(timer: unknown): void {
    this.#timers = this.#timers.filter((one) => one !== timer);
  }

  /** Lets this much time pass, and runs what is due in it. */
  pass(milliseconds: number): void {
    const end = this.#monotonic + milliseconds;
    for (;;) {
      const [next] = this.#timers.filter(({ at }) => at <= end).toSorted((a, b) => a.at - b.at);
      if (!next) break;
      this.clearTimeout(next);
      this.wall += next.at - this.#monotonic;
      this.#monotonic = next.at;
      next.run();
    }
    this.wall += end - this.#monotonic;
    this.#monotonic = end;
  }
}
