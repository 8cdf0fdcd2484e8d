export interface PaceOptions {
  /** null for no limit. */
  readonly bytesPerSecond: number | null;
  /** A clock that never goes back (milliseconds). */
  readonly now: () => number;
  readonly sleep: (milliseconds: number) => Promise<void>;
}

/** Holds work on bytes to a rate: awaited with what was done, it resolves when more may be. */
export type Pace = (bytes: number) => Promise<void>;

/** Below this a timer costs more than it slows down (milliseconds). */
const WORTH_SLEEPING = 5;
/** A pause of the work is not made up for by more than this (milliseconds). */
const MOST_CREDIT = 100;

export function createPace({ bytesPerSecond, now, sleep }: PaceOptions): Pace {
  if (bytesPerSecond === null) return async () => {};
  let free = now();
  return async (bytes) => {
    const time = now();
    free = Math.max(free, time - MOST_CREDIT) + (bytes * 1000) / bytesPerSecond;
    if (free - time >= WORTH_SLEEPING) await sleep(free - time);
  };
}
