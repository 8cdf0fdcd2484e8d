import { isPlain } from '../text/sanitize.ts';
import { splitSgr } from './sgr.ts';

/** Combining and invisible characters, and the vowels and finals of Hangul syllables. */
const NO_WIDTH =
  /[\p{Mn}\p{Me}\p{Cc}\p{Cf}\p{Default_Ignorable_Code_Point}\u1160-\u11ff\ud7b0-\ud7ff]/u;

/**
 * Two columns: East Asian Width W and F (Unicode 17, UAX #11); regular expressions have no property
 * for it. Emoji are tested separately.
 */
const WIDE =
  /[\u1100-\u115f\u2329\u232a\u2630-\u2637\u268a-\u268f\u2e80-\u303e\u3040-\ua4cf\ua960-\ua97f\uac00-\ud7a3\uf900-\ufaff\ufe10-\ufe19\ufe30-\ufe6f\uff01-\uff60\uffe0-\uffe6\u{16fe0}-\u{18dff}\u{1aff0}-\u{1b2ff}\u{1d300}-\u{1d37f}\u{1f200}-\u{1f2ff}\u{20000}-\u{3fffd}]/u;

/**
 * A cluster that is drawn as an emoji: an emoji, a flag, or a symbol with an emoji variation
 * selector.
 */
const PICTURE = /\p{Emoji_Presentation}|\ufe0f/u;

const graphemes = new Intl.Segmenter('en', { granularity: 'grapheme' });

/**
 * UTF-16 code units that are segmented at a time: the cost of each step of a segmenter grows with
 * the length of its text, so that 64,000 characters at once would take seconds.
 */
const WINDOW = 256;

/**
 * The width of a line in columns; colour sequences have none. Characters of ambiguous width count
 * as one column, as in terminals outside East Asian legacy settings.
 */
export function displayWidth(line: string): number {
  return widthUpTo(line, Number.POSITIVE_INFINITY);
}

/** Whether a line is wider than `columns`; stops measuring as soon as it is. */
export function isWider(line: string, columns: number): boolean {
  return widthUpTo(line, columns) > columns;
}

/**
 * The grapheme clusters of a text, which must not be split, in order. A cluster longer than a
 * window counts as several.
 */
export function* clustersOf(text: string): Generator<string> {
  for (let start = 0; start < text.length; ) {
    const end = windowEnd(text, start);
    const found = Array.from(graphemes.segment(text.slice(start, end)), ({ segment }) => segment);
    // The last cluster of a window may continue after it: it is segmented again in the next window.
    const whole = end < text.length && found.length > 1 ? found.slice(0, -1) : found;
    for (const cluster of whole) {
      yield cluster;
      start += cluster.length;
    }
  }
}

/** The last clusters of a text, in order, from one window. */
export function lastClustersOf(text: string): string[] {
  return [...clustersOf(text.slice(-WINDOW))];
}

/** The width of one grapheme cluster in columns. */
export function clusterWidth(cluster: string): number {
  if (PICTURE.test(cluster)) return 2;
  let width = 0;
  for (const character of cluster) {
    if (NO_WIDTH.test(character)) continue;
    width += WIDE.test(character) ? 2 : 1;
  }
  return width;
}

/** The width of a line; stops once it exceeds `columns`. */
function widthUpTo(line: string, columns: number): number {
  if (isPlain(line)) return line.length;
  let width = 0;
  for (const run of splitSgr(line)) {
    if (run.isSgr) continue;
    if (isPlain(run.text)) width += run.text.length;
    else {
      for (const cluster of clustersOf(run.text)) {
        width += clusterWidth(cluster);
        if (width > columns) return width;
      }
    }
  }
  return width;
}

function windowEnd(text: string, start: number): number {
  const end = Math.min(text.length, start + WINDOW);
  const unit = text.charCodeAt(end - 1);
  const dividesPair = end < text.length && unit >= 0xd800 && unit < 0xdc00;
  return dividesPair ? end - 1 : end;
}
