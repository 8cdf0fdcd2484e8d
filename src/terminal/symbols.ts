/**
 * Tells whether a terminal or a log of this environment takes UTF-8. As in POSIX the first variable
 * that is set and not empty decides; without any the locale is "C", which is ASCII.
 */
export function isUtf8Locale(env: Readonly<Record<string, string | undefined>>): boolean {
  const locale = env.LC_ALL || env.LC_CTYPE || env.LANG || 'C';
  return /utf-?8/i.test(locale);
}

/** What this program draws, and one character of ASCII for each, so that every width stays. */
const ASCII: Readonly<Record<string, string>> = { '█': '#', '░': '-', '·': '.', '…': '~' };

const DRAWN = /[█░·…]/g;

/** A text without the characters that we draw with. What clients chose is left alone. */
export function withoutSymbols(text: string): string {
  return text.replace(DRAWN, (symbol) => ASCII[symbol] ?? '?');
}

/**
 * The same for a terminal: nothing beyond ASCII is left, since the bytes of UTF-8 are controls in
 * some other encodings.
 */
export function toAscii(text: string): string {
  return withoutSymbols(text).replace(
    /[^\x00-\x7f]/gu,
    (character) => `\\u{${character.codePointAt(0)?.toString(16)}}`,
  );
}
