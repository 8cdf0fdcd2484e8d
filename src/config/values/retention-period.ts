import { DAY } from '../../text/span.ts';
import type { Reading } from './reading.ts';

const LONGEST_DAYS = 36_500;

/**
 * Reads a number of days, or the word "never" (null), into milliseconds. 0 is refused: some read it
 * as "off" and others as "at once", and a wrong guess would delete files.
 */
export function readRetention(input: number | 'never'): Reading<number | null> {
  if (input === 'never') return { value: null };
  if (input === 0) {
    return { problem: 'it must be above 0; to keep uploads for ever, write "never"' };
  }
  const milliseconds = Math.round(input * DAY);
  if (milliseconds >= 1 && input <= LONGEST_DAYS) return { value: milliseconds };
  return {
    problem: `it must be a number of days above 0 and up to ${LONGEST_DAYS}, or "never"`,
  };
}
