/** A write that takes longer than this holds up other requests (milliseconds). */
const SLOW = 10;
/** After a slow write the thread pool writes for this many times as long as that write took. */
const REST = 20;
/** The thread pool writes for at most this long (milliseconds). */
const LONGEST_REST = 60_000;
/** Then this many of its writes in a row must be quick. */
const PROOF = 4;

/**
 * Decides which thread writes. A write on the event loop finds the bytes still in the processor's
 * cache. That is much cheaper than the thread pool, as long as the kernel takes the bytes without
 * waiting for the disk. When it waits, every other request waits too, so the thread pool writes until
 * the disk has proved quick again. A disk that is slow now and then costs a twentieth of the time; one
 * that is always slow costs next to nothing.
 */
export class WritePace {
  /** Quick writes of the pool still needed before the event loop writes again; one at the start. */
  #missing = 1;
  #restsUntil = 0;

  /** true while the next write may run on the event loop. */
  get isQuick(): boolean {
    return this.#missing === 0;
  }

  /** Records when a write ended and how long it took (milliseconds of a monotonic clock). */
  wrote(endedAt: number, took: number): void {
    if (took > SLOW) {
      this.#missing = PROOF;
      this.#restsUntil = endedAt + Math.min(LONGEST_REST, took * REST);
    } else if (this.#missing > 0 && endedAt >= this.#restsUntil) this.#missing -= 1;
  }
}
