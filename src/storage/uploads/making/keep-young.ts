import { MINUTE } from '../../../text/span.ts';
import type { Located } from '../../bytes/bytes.ts';
import type { StoreContext } from '../context.ts';

/** A sweep takes what has not changed for an hour, and an attempt may fail (milliseconds). */
const EVERY = 10 * MINUTE;

/**
 * Keeps the sweeps of other processes from the bytes of an upload that has no record yet, however long they
 * take to come. `end` resolves when nothing is left of that; it never rejects.
 */
export function keepYoung(
  { bytes, clock, warn }: Pick<StoreContext, 'bytes' | 'clock' | 'warn'>,
  upload: Located,
): { end(): Promise<void> } {
  let marking: Promise<boolean> = Promise.resolve(false);
  const mark = async (on: boolean) => {
    try {
      await bytes.mark?.(upload, on);
    } catch (error) {
      warn(`an upload that is being copied could not be marked: ${error}`);
    }
    return on;
  };
  const timer = clock.setInterval(() => {
    marking = marking.then(() => mark(true));
  }, EVERY);
  return {
    async end() {
      clock.clearInterval(timer);
      marking = marking.then((on) => on && mark(false));
      await marking;
    },
  };
}
