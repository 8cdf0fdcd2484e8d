import { displayWidth, type Piece, splitPieces } from './width.ts';

const ELLIPSIS = '…';

/** ".mov", ".tar.gz": what tells a person the kind of a file. A name that only begins with a dot has none. */
const EXTENSION = /(?<=.)(?:\.tar)?\.[^\s./\\]{1,8}$/u;

/** Fills up with spaces to `width` columns; a longer text stays as it is. */
export function pad(text: string, width: number, align: 'left' | 'right' = 'left'): string {
  const room = ' '.repeat(Math.max(0, width - displayWidth(text)));
  return align === 'left' ? text + room : room + text;
}

/** Cuts a line to `width` columns, with … at its end where something is missing. Colours stay closed. */
export function truncate(text: string, width: number): string {
  if (displayWidth(text) <= width) return text;
  return cut(splitPieces(text), width - 1, 0);
}

/**
 * Cuts a file name to `width` columns in its middle, so that its beginning and its extension stay
 * ("very-long-na…e.mov"); where there is no room for both, its end is cut.
 */
export function shortenName(name: string, width: number): string {
  if (displayWidth(name) <= width) return name;
  const pieces = splitPieces(name);
  const plain = textOf(pieces.filter((piece) => !piece.isSgr));
  const extension = EXTENSION.exec(plain)?.[0];
  if (extension === undefined) return cut(pieces, width - 1, 0);
  // One more character stands before the dot, so that the end doesn't look like a name of its own.
  const last = splitPieces(plain.slice(0, -extension.length)).at(-1);
  const tail = displayWidth(extension) + (last?.width ?? 0);
  const head = width - 1 - tail;
  // Less than this much of a beginning says nothing, and the extension would be all that is left.
  return head < 3 ? cut(pieces, width - 1, 0) : cut(pieces, head, tail);
}

/** Keeps at most `head` and `tail` columns. Colour sequences stay, also those of what is left out. */
function cut(pieces: readonly Piece[], head: number, tail: number): string {
  let headEnd = 0;
  for (let used = 0; headEnd < pieces.length; headEnd += 1) {
    used += pieces[headEnd]?.width ?? 0;
    if (used > head) break;
  }
  let tailStart = pieces.length;
  for (let used = 0; tailStart > headEnd; tailStart -= 1) {
    used += pieces[tailStart - 1]?.width ?? 0;
    if (used > tail) break;
  }
  const sequences = pieces.slice(headEnd, tailStart).filter((piece) => piece.isSgr);
  const ellipsis = head < 0 ? '' : ELLIPSIS;
  return (
    textOf(pieces.slice(0, headEnd)) +
    ellipsis +
    textOf(sequences) +
    textOf(pieces.slice(tailStart))
  );
}

function textOf(pieces: readonly Piece[]): string {
  return pieces.map((piece) => piece.text).join('');
}
