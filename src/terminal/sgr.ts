import { isPlain, sanitize } from '../text/sanitize.ts';

/**
 * Escape sequences for colours (ECMA-48 SGR: ESC [ numbers m). This program writes no others to a
 * terminal within a line.
 */
const SGR = /(\x1b\[[0-9;]*m)/;

/** One run of a line: text, or a colour sequence, which has no width. */
export interface StyledRun {
  readonly text: string;
  readonly isSgr: boolean;
}

/** Splits a styled line into its text and its colour sequences, in order. */
export function splitSgr(line: string): StyledRun[] {
  if (!line.includes('\x1b')) return line === '' ? [] : [{ text: line, isSgr: false }];
  return line
    .split(SGR)
    .map((text, index) => ({ text, isSgr: index % 2 === 1 }))
    .filter((run) => run.text !== '');
}

/** Sanitises text that this program has coloured: keeps the colours and escapes everything else. */
export function sanitizeStyled(line: string): string {
  if (isPlain(line)) return line;
  return splitSgr(line)
    .map((run) => (run.isSgr ? run.text : sanitize(run.text)))
    .join('');
}
