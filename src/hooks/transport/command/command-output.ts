import { plainText } from '../../plain-text.ts';
import type { BoundedOutput } from './bounded-output.ts';

/** Limits on what one run may write to the log. */
const MOST_LINES = 20;
const LONGEST_LINE = 400;
/** The bytes of output that are kept for the log. */
export const LOGGED_OUTPUT = 16 * 1024;

/** A program's output as log lines: the first lines, and how much was dropped. */
export function outputLines(output: BoundedOutput): string[] {
  const lines = output.text.split('\n').filter((line) => line.trim() !== '');
  const shown = lines.slice(0, MOST_LINES).map((line) => plainText(line, LONGEST_LINE));
  const more = lines.length - shown.length;
  if (output.dropped > 0) shown.push(`… and ${output.dropped} more bytes`);
  else if (more > 0) shown.push(`… and ${more} more lines`);
  return shown;
}

/** The last line, for an error message; empty when the program printed nothing. */
export function lastLine(output: BoundedOutput): string {
  return plainText(output.text.trimEnd().split('\n').at(-1) ?? '', 200);
}
