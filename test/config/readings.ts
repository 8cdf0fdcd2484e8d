import type { Reading } from '../../src/config/values/reading.ts';

/** The value of a reading, or its problem with "refused: " in front. */
export function outcome<T>(reading: Reading<T>): T | string {
  return 'value' in reading ? reading.value : `refused: ${reading.problem}`;
}

/** Tells whether a reader refuses an input. */
export function isRefused(reading: Reading<unknown>): boolean {
  return 'problem' in reading;
}
