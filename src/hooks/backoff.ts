import { HOUR } from '../text/span.ts';

const FIRST = 1_000;
const LONGEST = HOUR;

/**
 * How long to wait before the next attempt (milliseconds) after `attempts` have failed: doubling from
 * one second to an hour, with full jitter, so that what failed together does not come back together.
 * `random` gives numbers from 0 to 1.
 */
export function backoff(attempts: number, random: () => number): number {
  const window = Math.min(LONGEST, FIRST * 2 ** Math.min(30, Math.max(0, attempts - 1)));
  return Math.round(window * random());
}
