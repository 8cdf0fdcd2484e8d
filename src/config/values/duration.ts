import { Fault } from '../../fault.ts';
import { DAY, HOUR, MINUTE, SECOND } from '../../text/span.ts';
import type { Reading } from './reading.ts';

const UNITS = [DAY, HOUR, MINUTE, SECOND, 1];
const NUMBER = '\\d+(?:\\.\\d+)?';
const DURATION = new RegExp(
  `^(?=\\d)(?:(${NUMBER})d)?(?:(${NUMBER})h)?(?:(${NUMBER})m(?!s))?(?:(${NUMBER})s)?(?:(${NUMBER})ms)?$`,
);
const EXAMPLES = 'such as "90s", "36h", "1h30m", "500ms" or "2d"';

/** The same grammar for the JSON Schema, so that editors can check it. */
export const DURATION_PATTERN = DURATION.source;

/**
 * Reads a duration in milliseconds: numbers with the units d, h, m (minutes), s and ms, largest
 * first, each at most once. A number without a unit is refused, since it could mean seconds or
 * milliseconds.
 */
export function readDuration(input: number | string): Reading<number> {
  const text = String(input);
  if (/^\d+(\.\d+)?$/.test(text)) {
    return { problem: `it has no unit; write a duration ${EXAMPLES}` };
  }
  const match = DURATION.exec(text);
  if (match === null) return { problem: `it must be a duration ${EXAMPLES}` };
  const milliseconds = Math.round(
    UNITS.reduce((sum, unit, index) => sum + Number(match[index + 1] ?? 0) * unit, 0),
  );
  if (!Number.isSafeInteger(milliseconds)) return { problem: 'it is longer than 285,000 years' };
  return { value: milliseconds };
}

/**
 * Parses a duration from the command line (`--older-than 36h`) into milliseconds. Throws a USAGE
 * fault that says what is allowed.
 */
export function parseDuration(text: string): number {
  const reading = readDuration(text);
  if ('value' in reading) return reading.value;
  throw new Fault('USAGE', `${JSON.stringify(text)} is not a duration: ${reading.problem}.`);
}
