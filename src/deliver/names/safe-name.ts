/** The longest name that file systems take (bytes of UTF-8). */
export const LONGEST_NAME = 255;

/** An extension longer than this is a part of the name (bytes). */
const LONGEST_EXTENSION = 32;

/** Names of devices on Windows, whatever follows their first dot. */
const RESERVED =
  /^(?:con|prn|aux|nul|conin\$|conout\$|clock\$|com[0-9¹²³]|lpt[0-9¹²³])[ ]*(?:\.|$)/iu;

/** Not allowed in names on Windows and in SMB shares. */
const FORBIDDEN = /[<>:"|?*/\\]/g;

/** C0 and C1 controls, line and paragraph separators. */
const CONTROL = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]/g;

/**
 * Invisible characters that reorder or hide text: a name must read as it is. The joiners U+200C and
 * U+200D stay: emoji and several scripts are made with them.
 */
const INVISIBLE =
  /[\u00ad\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]|[\u{e0000}-\u{e007f}]/gu;

const graphemes = new Intl.Segmenter('en', { granularity: 'grapheme' });

/**
 * One name of a path from text that a stranger chose: no separator, no control or invisible character,
 * no leading dot, no trailing dot or space, nothing that Windows reserves, in Unicode's form NFC, at
 * most `limit` bytes. "" when nothing is left.
 */
export function safeName(text: string, limit = LONGEST_NAME): string {
  const plain = text
    .replace(/\p{Surrogate}/gu, '\ufffd')
    .replace(INVISIBLE, '')
    .replace(CONTROL, '_')
    .replace(FORBIDDEN, '_')
    .normalize('NFC');
  const shown = trimEnd(plain.trimStart()).replace(/^\.+/, '_');
  // "..." has no letter to keep.
  if (/^_?$/.test(shown) && !/[^.\s]/.test(plain)) return '';
  const name = RESERVED.test(shown) ? `_${shown}` : shown;
  return shorten(name, limit);
}

/**
 * The name that a path from a client ends with: clients send "C:\fakepath\a.txt" and "photos/a.txt" as
 * a file name. "" when there is none.
 */
export function lastName(text: string, limit = LONGEST_NAME): string {
  const names = text.split(/[/\\]/).map((name) => safeName(name, limit));
  return names.findLast((name) => name !== '') ?? '';
}

/** The name with `mark` before its extension ("a (2).txt"), shortened to fit. */
export function markedName(name: string, mark: string, limit = LONGEST_NAME): string {
  const { stem, extension } = split(name);
  const room = limit - bytes(mark) - bytes(extension);
  return `${trimEnd(cut(stem, room))}${mark}${extension}`;
}

/** Two names with the same key are one file on a disk that ignores case or Unicode's forms. */
export function collisionKey(name: string): string {
  return name.normalize('NFC').toUpperCase().toLowerCase().normalize('NFC');
}

function shorten(name: string, limit: number): string {
  return bytes(name) <= limit ? name : markedName(name, '', limit);
}

/** ".tar.gz" is one extension. A dot at the beginning of a name begins none. */
function split(name: string): { readonly stem: string; readonly extension: string } {
  const extension = /(?<=.)(?:\.tar)?\.[^.]*$/is.exec(name)?.[0] ?? '';
  if (bytes(extension) > LONGEST_EXTENSION) return { stem: name, extension: '' };
  return { stem: name.slice(0, name.length - extension.length), extension };
}

/** The longest beginning of at most `room` bytes that ends between two characters as people see them. */
function cut(text: string, room: number): string {
  if (bytes(text) <= room) return text;
  let kept = '';
  let length = 0;
  // No grapheme that is kept begins beyond `room` code units.
  for (const { segment } of graphemes.segment(text.slice(0, room + 64))) {
    length += bytes(segment);
    if (length > room) break;
    kept += segment;
  }
  // A single grapheme may be longer than a name (a letter with a thousand accents).
  return kept === '' ? codePoints(text, room) : kept;
}

function codePoints(text: string, room: number): string {
  let kept = '';
  let length = 0;
  for (const letter of text) {
    length += bytes(letter);
    if (length > room) break;
    kept += letter;
  }
  return kept;
}

function trimEnd(text: string): string {
  return text.replace(/[.\s]+$/u, '');
}

function bytes(text: string): number {
  return Buffer.byteLength(text);
}
