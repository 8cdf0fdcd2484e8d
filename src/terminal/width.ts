import { splitSgr } from './sgr.ts';

/** Text of which every UTF-16 unit is one column: no need to look closer. */
const NARROW = /^[\x20-\x7e\xa1-\xac\xae-\u02ff\u2010-\u2027\u2500-\u259f]*$/;

/** Drawn on top of the character before it, or not at all; the vowels and finals of Hangul syllables. */
const NO_WIDTH =
  /[\p{Mn}\p{Me}\p{Cc}\p{Cf}\p{Default_Ignorable_Code_Point}\u1160-\u11ff\ud7b0-\ud7ff]/u;

/**
 * Two columns: East Asian Width W and F (Unicode 17, UAX #11), which regular expressions don't know
 * as a property. Emoji are tested apart.
 */
const WIDE =
  /[\u1100-\u115f\u2329\u232a\u2630-\u2637\u268a-\u268f\u2e80-\u303e\u3040-\ua4cf\ua960-\ua97f\uac00-\ud7a3\uf900-\ufaff\ufe10-\ufe19\ufe30-\ufe6f\uff01-\uff60\uffe0-\uffe6\u{16fe0}-\u{18dff}\u{1aff0}-\u{1b2ff}\u{1d300}-\u{1d37f}\u{1f200}-\u{1f2ff}\u{20000}-\u{3fffd}]/u;

/** A cluster that is drawn as one picture: an emoji, a flag, or a text symbol asked to be an emoji. */
const PICTURE = /\p{Emoji_Presentation}|\ufe0f/u;

const graphemes = new Intl.Segmenter('en', { granularity: 'grapheme' });

/** A grapheme cluster, or a colour sequence (width 0): what truncation must not cut in two. */
export interface Piece {
  readonly text: string;
  /** Columns. */
  readonly width: number;
  readonly isSgr: boolean;
}

/**
 * How many columns a line takes on a terminal; colour sequences take none. Characters of ambiguous
 * width count as one column, as terminals outside of East Asian legacy settings have it.
 */
export function displayWidth(line: string): number {
  if (NARROW.test(line)) return line.length;
  let width = 0;
  for (const run of splitSgr(line)) {
    if (run.isSgr) continue;
    if (NARROW.test(run.text)) width += run.text.length;
    else for (const { segment } of graphemes.segment(run.text)) width += clusterWidth(segment);
  }
  return width;
}

/** Splits a line into grapheme clusters and colour sequences, each with its width. */
export function splitPieces(line: string): Piece[] {
  return splitSgr(line).flatMap((run): Piece[] => {
    if (run.isSgr) return [{ text: run.text, width: 0, isSgr: true }];
    return Array.from(graphemes.segment(run.text), ({ segment }) => ({
      text: segment,
      width: clusterWidth(segment),
      isSgr: false,
    }));
  });
}

function clusterWidth(cluster: string): number {
  if (PICTURE.test(cluster)) return 2;
  let width = 0;
  for (const character of cluster) {
    if (NO_WIDTH.test(character)) continue;
    width += WIDE.test(character) ? 2 : 1;
  }
  return width;
}
