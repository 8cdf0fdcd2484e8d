import { HOUR } from '../../text/span.ts';

const FIRST = 1_000;
const LONGEST = HOUR;

/**
 * The delay before the next attempt (milliseconds) after `attempts` failures: doubles from one
 * second to one hour, with full jitter, so that deliveries that failed together are not retried
 * together. `random` returns numbers from 0 to 1.
 */
export function backoff(attempts: number, random: () => number): number {
  const window = Math.min(LONGEST, FIRST * 2 ** Math.min(30, Math.max(0, attempts - 1)));
  return Math.round(window * random());
}
