import { MINUTE } from '../text/span.ts';

/** The most entries that are logged one by one in a minute. */
const MOST = 100;

/**
 * Limits how many log entries a flood of events can write. The returned function says whether to
 * log this event; the rest of the minute are counted and reported together at its end.
 */
export function burst(tellRest: (count: number) => void): () => boolean {
  let told = 0;
  let rest = 0;
  const minuteOver = () => {
    if (rest > 0) tellRest(rest);
    told = 0;
    rest = 0;
  };
  return () => {
    if (told === 0) setTimeout(minuteOver, MINUTE).unref();
    if (told < MOST) {
      told += 1;
      return true;
    }
    rest += 1;
    return false;
  };
}
