import type { Reading } from './reading.ts';

interface Field {
  readonly name: string;
  readonly lowest: number;
  readonly highest: number;
  /** Names for the numbers from `lowest` up. */
  readonly names?: readonly string[];
}

const MONTHS = 'JAN FEB MAR APR MAY JUN JUL AUG SEP OCT NOV DEC'.split(' ');
const MONTH_DAYS = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
const FIELDS: readonly Field[] = [
  { name: 'second', lowest: 0, highest: 59 },
  { name: 'minute', lowest: 0, highest: 59 },
  { name: 'hour', lowest: 0, highest: 23 },
  { name: 'day', lowest: 1, highest: 31 },
  { name: 'month', lowest: 1, highest: 12, names: MONTHS },
  { name: 'weekday', lowest: 0, highest: 7, names: 'SUN MON TUE WED THU FRI SAT'.split(' ') },
];

/**
 * Checks a cron pattern of 5 fields (minute hour day month weekday) or 6 (with a leading second),
 * or the word "never", which becomes null. The scheduler is in another module, so this checks only
 * the syntax: numbers, names, "*", lists, ranges and steps. The scheduler accepts every pattern
 * that passes; extensions that it also knows (L, W, #, nicknames) are refused.
 */
export function readSchedule(input: string): Reading<string | null> {
  if (input === 'never') return { value: null };
  const parts = input.trim().split(/\s+/);
  if (input.length > 200 || (parts.length !== 5 && parts.length !== 6)) {
    return {
      problem:
        'it must be a cron pattern of 5 fields (minute hour day month weekday) or 6 (second first), or "never"',
    };
  }
  const fields = parts.length === 5 ? FIELDS.slice(1) : FIELDS;
  const sets: number[][] = [];
  for (const [index, field] of fields.entries()) {
    const values = readField(parts[index] ?? '', field);
    if (values === null) {
      const names =
        field.names === undefined ? '' : `, names (${field.names[0]}, ${field.names[1]} …)`;
      return {
        problem: `its ${field.name} field must have numbers from ${field.lowest} to ${field.highest}${names}, *, lists (1,2), ranges (1-5) or steps (*/2)`,
      };
    }
    sets.push(values);
  }
  const [days = [], months = []] = sets.slice(-3);
  const someDay = months.some((month) => days.some((day) => day <= (MONTH_DAYS[month - 1] ?? 0)));
  if (!someDay && parts.at(-1) === '*') {
    return { problem: 'no month that it names has such a day, so it would never fire' };
  }
  return { value: parts.join(' ') };
}

function readField(text: string, field: Field): number[] | null {
  const values: number[] = [];
  for (const item of text.split(',')) {
    const match = /^(?:\*|([a-z]+|\d{1,2})(?:-([a-z]+|\d{1,2}))?)(?:\/(\d{1,2}))?$/i.exec(item);
    if (match === null) return null;
    const [, first, last, step] = match;
    // A step needs a range: different crons interpret "5/10" differently.
    if (step !== undefined && first !== undefined && last === undefined) return null;
    const from = first === undefined ? field.lowest : readValue(first, field);
    const end = first === undefined ? field.highest : readEnd(last, from, field);
    const by = Number(step ?? 1);
    if (from === null || end === null || from > end) return null;
    if (by < 1 || by > (field.name === 'weekday' ? 7 : field.highest)) return null;
    for (let value = from; value <= end; value += by) values.push(value);
  }
  return values;
}

function readEnd(text: string | undefined, from: number | null, field: Field): number | null {
  if (text === undefined) return from;
  // In a range that ends on Sunday, Sunday is 7.
  return field.name === 'weekday' && text.toUpperCase() === 'SUN' ? 7 : readValue(text, field);
}

function readValue(text: string, field: Field): number | null {
  const named = field.names?.indexOf(text.toUpperCase()) ?? -1;
  if (named !== -1) return named + field.lowest;
  if (!/^\d+$/.test(text)) return null;
  const value = Number(text);
  return value >= field.lowest && value <= field.highest ? value : null;
}
