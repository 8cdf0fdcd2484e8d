/** A write that takes longer holds up everybody else (milliseconds). */
const SLOW = 10;
/** The thread pool writes for so many times as long as a slow write took. */
const REST = 20;
/** How long it does so at most (milliseconds). */
const LONGEST_REST = 60_000;
/** So many of its writes in a row must then be quick. */
const PROOF = 4;

/**
 * Decides where a disk is written from. Written at once, by the thread that has just received the
 * bytes, they are still in the processor's cache: that is much cheaper than the thread pool, as long
 * as the kernel takes them without waiting for the disk. Where it does not, every other request
 * would wait as well, so the thread pool writes until it has shown that the disk is quick again.
 * A disk that is slow now and then costs a twentieth of the time, one that is slow always next to
 * nothing.
 */
export class WritePace {
  /** Quick writes of the pool that are missing before writing at once is tried; one at the start. */
  #missing = 1;
  #restsUntil = 0;

  /** true while the next write may be done at once. */
  get isQuick(): boolean {
    return this.#missing === 0;
  }

  /** Takes note of a write: when it ended and how long it took (milliseconds of a steady clock). */
  wrote(endedAt: number, took: number): void {
    if (took > SLOW) {
      this.#missing = PROOF;
      this.#restsUntil = endedAt + Math.min(LONGEST_REST, took * REST);
    } else if (this.#missing > 0 && endedAt >= this.#restsUntil) this.#missing -= 1;
  }
}
