const CONTROL = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;

/**
 * What somebody else wrote, on one line and cut to `most` characters: line breaks and runs of space
 * become one space, every other character that a terminal or a log would obey is written as JSON
 * does it ("\u001b").
 */
export function plainText(text: string, most: number): string {
  const line = text
    .slice(0, 4 * most)
    .replace(/\s+/g, ' ')
    .trim();
  const safe = line.replace(CONTROL, escaped);
  return safe.length > most ? `${safe.slice(0, most)}…` : safe;
}

/** The same without anything in place of what is unsafe: for environment variables. */
export function withoutControls(text: string, most: number): string {
  return text.replace(CONTROL, ' ').slice(0, most);
}

function escaped(character: string): string {
  return Array.from(
    { length: character.length },
    (_, unit) => `\\u${character.charCodeAt(unit).toString(16).padStart(4, '0')}`,
  ).join('');
}
