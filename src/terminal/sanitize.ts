import { isUtf8 } from 'node:buffer';
import { splitSgr } from './sgr.ts';

/**
 * What must not reach a terminal as it is:
 * - `\p{C}`: controls (C0, DEL, C1), format characters (bidi overrides and isolates, zero width,
 *   tags), lone surrogates, private use and unassigned code points, whose look and width nobody knows;
 * - line and paragraph separators;
 * - whatever Unicode says to draw as nothing (variation selectors, fillers, soft hyphen): two names
 *   that look alike must be alike. It costs the joiners within some emoji, which then show as parts;
 * - U+2800, a Braille cell without dots;
 * - a combining mark that would land on what stands before the text, or a pile of them that would
 *   paint over the lines above and below (four in a row is more than any living script needs).
 */
const UNSAFE =
  /^\p{M}+|(?<=[\p{Mn}\p{Me}]{4})[\p{Mn}\p{Me}]|[\p{C}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\u2800]/gu;

/** Text that surely holds none of it: ASCII, Latin, dashes and quotes, box drawing. Most cells are such. */
const PLAIN = /^[\x20-\x7e\xa1-\xac\xae-\u02ff\u2010-\u2027\u2500-\u259f]*$/;

/** One well-formed UTF-8 sequence beyond ASCII (Unicode 17, table 3-7), as Latin-1, or one stray byte. */
const UTF8_OR_STRAY =
  /((?:[\xc2-\xdf]|\xe0[\xa0-\xbf]|[\xe1-\xec\xee\xef][\x80-\xbf]|\xed[\x80-\x9f]|\xf0[\x90-\xbf][\x80-\xbf]|[\xf1-\xf3][\x80-\xbf]{2}|\xf4[\x80-\x8f][\x80-\xbf])[\x80-\xbf])|[\x80-\xff]/g;

/**
 * Makes text that a client chose safe to print on one line: what could move the cursor, reorder or
 * hide something becomes visible, as `\x1b` (ASCII) or `\u{202e}` (all others). Meant to be read by a
 * person, not decoded: a backslash of the text itself stays as it is.
 */
export function sanitize(text: string): string {
  if (PLAIN.test(text)) return text;
  return text.replace(UNSAFE, (found) => Array.from(found, escapeCharacter).join(''));
}

/**
 * The same for bytes that should be UTF-8: well-formed parts are sanitised as text, every other byte
 * is shown as `\xff`.
 */
export function sanitizeBytes(bytes: Uint8Array): string {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (isUtf8(buffer)) return sanitize(buffer.toString('utf8'));
  let safe = '';
  let start = 0;
  for (const match of buffer.toString('latin1').matchAll(UTF8_OR_STRAY)) {
    if (match[1] !== undefined) continue;
    safe += sanitize(buffer.toString('utf8', start, match.index));
    safe += escapeByte(match[0].charCodeAt(0));
    start = match.index + 1;
  }
  return safe + sanitize(buffer.toString('utf8', start));
}

/** The same for text that this program has coloured: its colours stay, everything else is sanitised. */
export function sanitizeStyled(line: string): string {
  if (PLAIN.test(line)) return line;
  return splitSgr(line)
    .map((run) => (run.isSgr ? run.text : sanitize(run.text)))
    .join('');
}

function escapeCharacter(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  return code < 0x80 ? escapeByte(code) : `\\u{${code.toString(16)}}`;
}

function escapeByte(byte: number): string {
  return `\\x${byte.toString(16).padStart(2, '0')}`;
}
