export interface PaceOptions {
  /** null for no limit. */
  readonly bytesPerSecond: number | null;
  /** A monotonic clock (milliseconds). */
  readonly now: () => number;
  readonly sleep: (milliseconds: number) => Promise<void>;
}

/** Limits work on bytes to a rate: pass the bytes processed; resolves when more may be processed. */
export type Pace = (bytes: number) => Promise<void>;

/** A shorter wait costs more in timers than it saves (milliseconds). */
const WORTH_SLEEPING = 5;
/** After a pause the work may catch up by at most this much (milliseconds). */
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
