/**
 * Characters in untrusted text that can control a terminal or a log, reorder text, or are
 * invisible:
 *
 * - `\p{C}`: controls (C0, DEL, C1), format characters (bidi overrides and isolates, zero width,
 *   tags), lone surrogates, private use and unassigned code points, whose look and width are
 *   unknown;
 * - line and paragraph separators;
 * - default ignorable code points (variation selectors, fillers, soft hyphen): names that look
 *   alike must be alike. This also removes the joiners within some emoji, which then show as parts;
 * - U+2800, a Braille cell without dots.
 */
const HOSTILE = String.raw`[\p{C}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\u2800]`;
const EACH_HOSTILE = new RegExp(HOSTILE, 'gu');

/**
 * The same, and combining marks that would attach to the character before the text, or stack up
 * over the lines above and below (no living script needs more than four in a row).
 */
const UNSAFE = new RegExp(
  String.raw`^\p{M}+|(?<=[\p{Mn}\p{Me}]{4})[\p{Mn}\p{Me}]|${HOSTILE}`,
  'gu',
);

/** Text without any of these: ASCII, Latin, dashes and quotes, box drawing. Most text matches. */
const PLAIN = /^[\x20-\x7e\xa1-\xac\xae-\u02ff\u2010-\u2027\u2500-\u259f]*$/;

/** true if every character is ordinary: one UTF-16 code unit and one column. */
export function isPlain(text: string): boolean {
  return PLAIN.test(text);
}

/**
 * Makes untrusted text safe to print on one line: characters that could move the cursor, reorder or
 * hide text are escaped as `\x1b` (ASCII) or `\u{202e}` (all others). The result is for people and
 * cannot be decoded: backslashes in the text are unchanged.
 */
export function sanitize(text: string): string {
  if (isPlain(text)) return text;
  return text.replace(UNSAFE, (found) => Array.from(found, visible).join(''));
}

/** The same with JSON escapes (`\u001b`), which a parser converts back to the original text. */
export function escapeAsJson(text: string): string {
  return replaceHostile(text, (character) =>
    Array.from({ length: character.length }, (_, unit) => jsonEscape(character, unit)).join(''),
  );
}

/** The same with a replacement of the caller's for each such character. */
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
