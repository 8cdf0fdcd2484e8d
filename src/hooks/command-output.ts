import type { BoundedOutput } from './bounded-output.ts';
import { plainText } from './plain-text.ts';

/** What one run may say in the log. */
const MOST_LINES = 20;
const LONGEST_LINE = 400;
/** Bytes that are kept for that. */
export const LOGGED_OUTPUT = 16 * 1024;

/** What a program printed, as lines for the log: the first ones, and how much was left out. */
export function outputLines(output: BoundedOutput): string[] {
  const lines = output.text.split('\n').filter((line) => line.trim() !== '');
  const shown = lines.slice(0, MOST_LINES).map((line) => plainText(line, LONGEST_LINE));
  const more = lines.length - shown.length;
  if (output.dropped > 0) shown.push(`… and ${output.dropped} more bytes`);
  else if (more > 0) shown.push(`… and ${more} more lines`);
  return shown;
}

/** The last line, for a sentence about why the program failed; empty when it said nothing. */
export function lastLine(output: BoundedOutput): string {
  return plainText(output.text.trimEnd().split('\n').at(-1) ?? '', 200);
}
