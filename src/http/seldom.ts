import { MINUTE } from '../text/span.ts';

/** How often at most something is told that happens all the time (milliseconds). */
const INTERVAL = MINUTE;

/** Counts what may happen very often; tells of the first one at once, then of the rest once a minute. */
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
