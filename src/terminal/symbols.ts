/**
 * Whether the environment's locale is UTF-8. As in POSIX, the first variable that is set and not
 * empty decides; without any the locale is "C", which is ASCII.
 */
export function isUtf8Locale(env: Readonly<Record<string, string | undefined>>): boolean {
  const locale = env.LC_ALL || env.LC_CTYPE || env.LANG || 'C';
  return /utf-?8/i.test(locale);
}

/** The symbols that this program draws, each with an ASCII replacement of the same width. */
const ASCII: Readonly<Record<string, string>> = { '█': '#', '░': '-', '·': '.', '…': '~' };

const DRAWN = /[█░·…]/g;

/** Replaces the symbols that this program draws with ASCII. Text from clients is unchanged. */
export function withoutSymbols(text: string): string {
  return text.replace(DRAWN, (symbol) => ASCII[symbol] ?? '?');
}

/**
 * The same for a terminal, but all other non-ASCII characters are escaped, too: in some other
 * encodings the bytes of UTF-8 are control characters.
 */
export function toAscii(text: string): string {
  return withoutSymbols(text).replace(
    /[^\x00-\x7f]/gu,
    (character) => `\\u{${character.codePointAt(0)?.toString(16)}}`,
  );
}
