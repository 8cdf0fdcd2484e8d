/**
 * What may hide in text that somebody else wrote: characters that a terminal or a log would obey,
 * reorder or draw as nothing.
 *
 * - `\p{C}`: controls (C0, DEL, C1), format characters (bidi overrides and isolates, zero width,
 *   tags), lone surrogates, private use and unassigned code points, whose look and width nobody knows;
 * - line and paragraph separators;
 * - whatever Unicode says to draw as nothing (variation selectors, fillers, soft hyphen): two names
 *   that look alike must be alike. It costs the joiners within some emoji, which then show as parts;
 * - U+2800, a Braille cell without dots.
 */
const HOSTILE = String.raw`[\p{C}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\u2800]`;
const EACH_HOSTILE = new RegExp(HOSTILE, 'gu');

/**
 * The same, and a combining mark that would land on what stands before the text, or a pile of them
 * that would paint over the lines above and below (four in a row is more than any living script needs).
 */
const UNSAFE = new RegExp(
  String.raw`^\p{M}+|(?<=[\p{Mn}\p{Me}]{4})[\p{Mn}\p{Me}]|${HOSTILE}`,
  'gu',
);

/** Text that surely holds none of it: ASCII, Latin, dashes and quotes, box drawing. Most text is such. */
const PLAIN = /^[\x20-\x7e\xa1-\xac\xae-\u02ff\u2010-\u2027\u2500-\u259f]*$/;

/** true for text of ordinary characters, each one UTF-16 unit and one column: no need to look closer. */
export function isPlain(text: string): boolean {
  return PLAIN.test(text);
}

/**
 * Makes text that a client chose safe to print on one line: what could move the cursor, reorder or
 * hide something becomes visible, as `\x1b` (ASCII) or `\u{202e}` (all others). Meant to be read by a
 * person, not decoded: a backslash of the text itself stays as it is.
 */
export function sanitize(text: string): string {
  if (isPlain(text)) return text;
  return text.replace(UNSAFE, (found) => Array.from(found, visible).join(''));
}

/** The same in the notation of JSON (`\u001b`), which a parser turns back into the same text. */
export function escapeAsJson(text: string): string {
  return replaceHostile(text, (character) =>
    Array.from({ length: character.length }, (_, unit) => jsonEscape(character, unit)).join(''),
  );
}

/** The same with something else in the place of each such character. */
export function replaceHostile(text: string, by: (character: string) => string): string {
  return isPlain(text) ? text : text.replace(EACH_HOSTILE, by);
}

function visible(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  const hex = code.toString(16);
  return code < 0x80 ? `\\x${hex.padStart(2, '0')}` : `\\u{${hex}}`;
}

function jsonEscape(character: string, unit: number): string {
  return `\\u${character.charCodeAt(unit).toString(16).padStart(4, '0')}`;
}
