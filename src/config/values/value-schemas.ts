import * as z from 'zod';
import { DAY } from '../../text/span.ts';
import { DURATION_PATTERN, readDuration } from './duration.ts';
import type { Reading } from './reading.ts';
import { via } from './reading.ts';

// The configuration is parsed once: compiling the parser would take longer than it saves.
z.config({ jitless: true });

// The maximum for setTimeout: Node fires a longer timer at once.
const LONGEST_TIMER = 2 ** 31 - 1;

/** A whole number within bounds, both included. */
export function wholeNumber(lowest: number, highest: number) {
  const error = `it must be a whole number from ${lowest} to ${highest}`;
  return z.int(error).min(lowest, error).max(highest, error);
}

/** Text that a reader converts, or refuses with its own sentence. */
export function text<T>(allowed: string, read: (input: string) => Reading<T>) {
  return z.string(`it must be ${allowed}`).transform(via(read));
}

/** One of a few words. */
export function word<const T extends readonly [string, ...string[]]>(words: T) {
  const list = words.map((item) => `"${item}"`);
  return z.enum(words, `it must be ${list.slice(0, -1).join(', ')} or ${list.at(-1)}`);
}

/** true or false. */
export function yesOrNo() {
  return z.boolean('it must be true or false');
}

/** A list of texts; a reader checks each item. */
export function listOf<T>(allowed: string, read: (input: string) => Reading<T>) {
  return z.array(text(allowed, read), `it must be a list, each item ${allowed}`);
}

/**
 * A duration with units, converted to milliseconds. The default for `longest` is the maximum of a
 * timer.
 */
export function duration(shortest: number, longest = LONGEST_TIMER) {
  const bounded = (input: string): Reading<number> => {
    const reading = readDuration(input);
    if ('problem' in reading) return reading;
    if (reading.value < shortest) return { problem: `it must be at least ${shortest} ms` };
    if (reading.value > longest) {
      return { problem: `it must be at most ${Math.floor(longest / DAY)}d` };
    }
    return reading;
  };
  return z
    .string('it must be a duration in quotes, such as "90s", "1h30m" or "500ms"')
    .meta({ pattern: DURATION_PATTERN })
    .transform(via(bounded));
}

/** Reads text for a program's argument or a file name: the kernel ends those at a NUL. */
export function readPlain(input: string): Reading<string> {
  return input.includes('\0') ? { problem: 'it must not contain a NUL' } : { value: input };
}

/** Reads a path. A leading "~" is refused: only shells expand it. */
export function readPath(input: string): Reading<string> {
  if (input.trim() === '') return { problem: 'it must be a path' };
  if (/^~($|\/)/.test(input)) return { problem: 'write the path out: "~" is not expanded here' };
  return readPlain(input);
}
