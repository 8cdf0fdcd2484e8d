import { MINUTE } from '../text/span.ts';

/** The shortest interval between two reports of a frequent event (milliseconds). */
const INTERVAL = MINUTE;

/**
 * Counts a frequent event: reports the first one at once, then the number of the rest once a
 * minute.
 */
export function seldom(tell: (count: number) => void): () => void {
  let count = 0;
  let waiting = false;
  const say = () => {
    waiting = count > 0;
    if (!waiting) return;
    tell(count);
    count = 0;
    setTimeout(say, INTERVAL).unref();
  };
  return () => {
    count += 1;
    if (!waiting) say();
  };
}
