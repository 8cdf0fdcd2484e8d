import { Fault } from '../../fault.ts';
import type { Reading } from './reading.ts';

const POWERS = ['', 'K', 'M', 'G', 'T', 'P'];
const SIZE = /^(\d+(?:\.\d+)?) ?([KMGTP]?)(I?)B$/i;
const BARE_UNIT = /^(\d+(?:\.\d+)?) ?([KMGTP])(I?)$/i;
const EXAMPLES = 'such as 1048576, "500MB" (1000-based) or "10GiB" (1024-based)';

/** The same grammar for the JSON Schema, so that editors can check it. */
export const SIZE_PATTERN = '^(\\d+|\\d+(\\.\\d+)? ?([KkMmGgTtPp][Ii]?)?[Bb])$';

function multiplier(letter: string, binary: boolean): number {
  return (binary ? 1024 : 1000) ** POWERS.indexOf(letter.toUpperCase());
}

/**
 * Reads a size in bytes: a whole number of bytes, or a number with a unit. KB, MB, GB, TB and PB
 * are powers of 1000; KiB, MiB, GiB, TiB and PiB are powers of 1024. A bare "5M" is ambiguous and
 * refused.
 */
export function readSize(input: number | string): Reading<number> {
  if (typeof input === 'number') return wholeBytes(input);
  if (/^\d+$/.test(input)) return wholeBytes(Number(input));
  const match = SIZE.exec(input);
  if (match !== null) {
    const [, number = '', letter = '', binary = ''] = match;
    if (letter === '' && binary !== '') return { problem: `it must be a size ${EXAMPLES}` };
    if (letter === '') return wholeBytes(Number(number));
    return wholeBytes(Math.round(Number(number) * multiplier(letter, binary !== '')));
  }
  const bare = BARE_UNIT.exec(input);
  if (bare !== null) {
    const [, number = '', letter = ''] = bare;
    const unit = letter.toUpperCase();
    return { problem: `its unit is ambiguous; write ${number}${unit}B or ${number}${unit}iB` };
  }
  return { problem: `it must be a size ${EXAMPLES}` };
}

function wholeBytes(bytes: number): Reading<number> {
  if (Number.isSafeInteger(bytes) && bytes >= 0) return { value: bytes };
  if (bytes > Number.MAX_SAFE_INTEGER) return { problem: 'it must be below 8 PiB' };
  return { problem: `it must be a whole number of bytes, or a size ${EXAMPLES}` };
}

/** Parses a size in bytes from the command line. Throws a USAGE fault that says what is allowed. */
export function parseSize(text: string): number {
  const reading = readSize(text);
  if ('value' in reading) return reading.value;
  throw new Fault('USAGE', `${JSON.stringify(text)} is not a size: ${reading.problem}.`);
}
