const LONGEST = 80;
// Control, format (bidi, zero-width), surrogate, private and line-separating characters.
const UNSEEN = /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Zl}\p{Zp}]/gu;

/** Text with every character that could move, hide or recolour a terminal's text written out. */
export function visible(text: string): string {
  return text.replace(UNSEEN, (char) => `\\u{${char.codePointAt(0)?.toString(16) ?? ''}}`);
}

/**
 * A configured value as an error message may show it: short, quoted if it is text, and never the
 * contents of a list or an object (it may be cyclic, huge, or hold a secret).
 */
export function printValue(value: unknown): string {
  if (typeof value === 'string') {
    if (value === '') return 'empty';
    const short = value.length > LONGEST ? `${value.slice(0, LONGEST)}…` : value;
    return `"${visible(short.replaceAll('"', '\\"'))}"`;
  }
  if (Array.isArray(value)) return 'a list';
  if (value instanceof Date) return 'a date';
  if (typeof value === 'object' && value !== null) return 'an object';
  return String(value);
}
