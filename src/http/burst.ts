import { MINUTE } from '../text/span.ts';

/** How many are told one by one in a minute. */
const MOST = 100;

/**
 * Bounds what a flood may write to the log. Returns a function that says whether one more may be told
 * by itself; the others of its minute are counted and told at its end.
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
