import { escapeAsJson, replaceHostile } from '../text/sanitize.ts';

/**
 * Untrusted text on one line, cut to `most` characters: line breaks and runs of space become one
 * space; every other character that could control a terminal or a log is escaped as in JSON
 * ("\u001b").
 */
export function plainText(text: string, most: number): string {
  const line = text
    .slice(0, 4 * most)
    .replace(/\s+/g, ' ')
    .trim();
  const safe = escapeAsJson(line);
  return safe.length > most ? `${safe.slice(0, most)}…` : safe;
}

/** The same, but unsafe characters become spaces: for environment variables. */
export function withoutControls(text: string, most: number): string {
  return replaceHostile(text, () => ' ').slice(0, most);
}
