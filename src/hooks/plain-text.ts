import { escapeAsJson, replaceHostile } from '../text/sanitize.ts';

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
  const safe = escapeAsJson(line);
  return safe.length > most ? `${safe.slice(0, most)}…` : safe;
}

/** The same without anything in place of what is unsafe: for environment variables. */
export function withoutControls(text: string, most: number): string {
  return replaceHostile(text, () => ' ').slice(0, most);
}
