import * as z from 'zod';
import type { ValueType } from '../key.ts';
import type { Reading } from '../values/reading.ts';
import { via } from '../values/reading.ts';
import { readRetention } from '../values/retention-period.ts';
import { parseSize, readSize, SIZE_PATTERN } from '../values/size.ts';
import { duration, listOf, text, wholeNumber, word, yesOrNo } from '../values/value-schemas.ts';

/** The properties of a type that each key provides. */
type Words = Pick<ValueType, 'type' | 'allowed' | 'placeholder'>;

/** A whole number within bounds, both included. */
export function wholeNumberType(lowest: number, highest: number) {
  return {
    schema: wholeNumber(lowest, highest),
    kind: 'number',
    type: 'integer',
    allowed: `a whole number from ${lowest} to ${highest}`,
    placeholder: '<number>',
  } as const;
}

/** A time span with units, within the limits of a timer. */
export function durationType(shortest: number) {
  const least = shortest === 0 ? '' : `, at least ${shortest} ms`;
  return {
    schema: duration(shortest),
    kind: 'text',
    type: 'duration',
    allowed: `a duration with units (d, h, m, s, ms) such as "90s", "1h30m" or "500ms"${least}, at most 24d`,
    placeholder: '<duration>',
    unit: 'ms',
  } as const;
}

/** A retention period in days, or "never". */
export function daysType() {
  const schema = z
    .union(
      [z.number().meta({ exclusiveMinimum: 0, maximum: 36_500 }), z.literal('never')],
      'it must be a number of days above 0, or "never"',
    )
    .transform(via(readRetention));
  return {
    schema,
    kind: 'number',
    type: 'days or "never"',
    allowed: 'a number of days above 0 and up to 36500, fractions included, or "never"',
    placeholder: '<days>',
    unit: 'ms',
  } as const;
}

/** A size in bytes, or a word that means none (null). */
function sizeType(
  none: string,
  smallest: number,
  readZero: (size: Reading<number>) => Reading<number | null>,
) {
  const read = (input: number | string): Reading<number | null> => {
    if (input === none) return { value: null };
    const size = readSize(input);
    return 'value' in size && size.value === 0 ? readZero(size) : size;
  };
  const schema = z
    .union(
      [
        z.number().meta({ type: 'integer', minimum: smallest, maximum: Number.MAX_SAFE_INTEGER }),
        z.literal(none),
        z.string().meta({ pattern: SIZE_PATTERN }),
      ],
      `it must be a number of bytes, a size such as "10GiB", or "${none}"`,
    )
    .transform(via(read));
  return {
    schema,
    kind: 'text',
    type: 'size',
    allowed: `a number of bytes, a size such as "500MB" (1000-based) or "10GiB" (1024-based), or "${none}"`,
    placeholder: '<size>',
    unit: 'bytes',
  } as const;
}

/** A maximum size; "unlimited" is null, and 0 is refused. */
export function limitType() {
  return sizeType('unlimited', 1, () => ({
    problem: 'it must be above 0; for no limit, write "unlimited"',
  }));
}

/** A maximum number; "unlimited" is null, and 0 is refused. */
export function countType() {
  const most = 1_000_000_000;
  const sentence = `it must be a whole number from 1 to ${most}, or "unlimited"`;
  const schema = z
    .union(
      [z.number().meta({ type: 'integer', minimum: 1, maximum: most }), z.literal('unlimited')],
      sentence,
    )
    .transform(
      via((input): Reading<number | null> => {
        if (input === 'unlimited') return { value: null };
        const inside = Number.isInteger(input) && input >= 1 && input <= most;
        return inside ? { value: input } : { problem: sentence };
      }),
    );
  return {
    schema,
    kind: 'number',
    type: 'number or "unlimited"',
    allowed: `a whole number from 1 to ${most}, or "unlimited"`,
    placeholder: '<number>',
  } as const;
}

/** A minimum size from which a feature applies; "never" is null, and 0 is refused. */
export function thresholdType() {
  const problem = 'it must be above 0; for none at all, write "never"';
  return { ...sizeType('never', 1, () => ({ problem })), type: 'size or "never"' } as const;
}

/** A size within bounds, both included and written with units. */
export function sizeWithinType(smallest: string, largest: string) {
  const [least, most] = [parseSize(smallest), parseSize(largest)];
  const problem = `it must be a size from ${smallest} to ${largest}`;
  const read = (input: number | string): Reading<number> => {
    const size = readSize(input);
    if (!('value' in size)) return size;
    return size.value >= least && size.value <= most ? size : { problem };
  };
  const schema = z
    .union(
      [
        z.number().meta({ type: 'integer', minimum: least, maximum: most }),
        z.string().meta({ pattern: SIZE_PATTERN }),
      ],
      problem,
    )
    .transform(via(read));
  return {
    schema,
    kind: 'text',
    type: 'size',
    allowed: `a number of bytes, or a size such as "500MB" (1000-based) or "10GiB" (1024-based), from ${smallest} to ${largest}`,
    placeholder: '<size>',
    unit: 'bytes',
  } as const;
}

/** An amount of space to keep free; "off" and 0 are null. */
export function reserveType() {
  return sizeType('off', 0, () => ({ value: null }));
}

/** One of a few words. */
export function wordType<const T extends readonly [string, ...string[]]>(
  words: T,
  placeholder: string,
) {
  const list = words.map((item) => `"${item}"`);
  const type = `${list.slice(0, -1).join(', ')} or ${list.at(-1)}`;
  return { schema: word(words), kind: 'text', type, allowed: type, placeholder } as const;
}

/** true or false; as a flag it takes no value. */
export function booleanType() {
  return {
    schema: yesOrNo(),
    kind: 'boolean',
    type: 'boolean',
    allowed: 'true or false',
    placeholder: '',
  } as const;
}

/** Text that a reader checks; `what` describes the expected value in error messages. */
export function textType<T>(what: string, read: (input: string) => Reading<T>, words: Words) {
  return { schema: text(what, read), kind: 'text', ...words } as const;
}

/** A list of texts; a reader checks each item. */
export function listType<T>(what: string, read: (input: string) => Reading<T>, words: Words) {
  return { schema: listOf(what, read), kind: 'list', ...words } as const;
}
