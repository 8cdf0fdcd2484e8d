import { SECOND } from '../../text/span.ts';

/** The rate of the last seconds. */
export interface RateMeter {
  /** `total` bytes have been transferred so far. */
  update(total: number): void;
  /** Bytes in a second; null while too little is known. */
  rate(): number | null;
}

const WINDOW = 8 * SECOND;
const ENOUGH = SECOND / 2;

/** `now` in milliseconds. */
export function createRateMeter(now: () => number): RateMeter {
  let samples: { readonly at: number; readonly total: number }[] = [];
  return {
    update(total) {
      const at = now();
      const last = samples.at(-1);
      // Bytes that have to be sent again: the rate begins anew.
      if (last && total < last.total) samples = [];
      if (!last || at - last.at >= 100) samples.push({ at, total });
      while (samples.length > 2 && at - samples[0]!.at > WINDOW) samples.shift();
    },
    rate() {
      const first = samples[0];
      const last = samples.at(-1);
      if (!first || !last) return null;
      const time = Math.max(now(), last.at) - first.at;
      return time < ENOUGH ? null : ((last.total - first.total) * SECOND) / time;
    },
  };
}
