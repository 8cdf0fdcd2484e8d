import { sanitize } from '../text/sanitize.ts';

const LONGEST = 80;

/**
 * A configured value for an error message: short, quoted if it is text, and never the contents of a
 * list or an object (which may be cyclic, huge, or contain a secret).
 */
export function printValue(value: unknown): string {
  if (typeof value === 'string') {
    if (value === '') return 'empty';
    const short = value.length > LONGEST ? `${value.slice(0, LONGEST)}…` : value;
    return `"${sanitize(short.replaceAll('"', '\\"'))}"`;
  }
  if (Array.isArray(value)) return 'a list';
  if (value instanceof Date) return 'a date';
  if (typeof value === 'object' && value !== null) return 'an object';
  return String(value);
}
