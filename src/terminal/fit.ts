import { type StyledRun, splitSgr } from './sgr.ts';
import { clustersOf, clusterWidth, displayWidth, isWider, lastClustersOf } from './width.ts';

const ELLIPSIS = '…';

/** ".mov", ".tar.gz": what tells a person the kind of a file. A name that only begins with a dot has none. */
const EXTENSION = /(?<=.)(?:\.tar)?\.[^\s./\\]{1,8}$/u;

/** Where an extension is looked for: the last UTF-16 units of a name. */
const END = 64;

/** Fills up with spaces to `width` columns; a longer text stays as it is. */
export function pad(text: string, width: number, align: 'left' | 'right' = 'left'): string {
  const room = ' '.repeat(Math.max(0, width - displayWidth(text)));
  return align === 'left' ? text + room : room + text;
}

/** Cuts a line to `width` columns, with … at its end where something is missing. Colours stay closed. */
export function truncate(text: string, width: number): string {
  return isWider(text, width) ? cut(splitSgr(text), width - 1, 0) : text;
}

/**
 * Cuts a file name to `width` columns in its middle, so that its beginning and its extension stay
 * ("very-long-na…e.mov"); where there is no room for both, its end is cut.
 */
export function shortenName(name: string, width: number): string {
  if (!isWider(name, width)) return name;
  const runs = splitSgr(name);
  const end = plainEnd(runs);
  const extension = EXTENSION.exec(end)?.[0];
  if (extension === undefined) return cut(runs, width - 1, 0);
  // One more character stands before the dot, so that the end doesn't look like a name of its own.
  const last = lastClustersOf(end.slice(0, -extension.length)).at(-1) ?? '';
  const tail = displayWidth(extension) + clusterWidth(last);
  const head = width - 1 - tail;
  // Less than this much of a beginning says nothing, and the extension would be all that is left.
  return head < 3 ? cut(runs, width - 1, 0) : cut(runs, head, tail);
}

/** Keeps at most `head` and `tail` columns. Colour sequences stay, also those of what is left out. */
function cut(runs: readonly StyledRun[], head: number, tail: number): string {
  const begin = beginningOf(runs, head);
  const end = endOf(runs, tail, begin);
  const colours = runs.slice(begin.run, end.run).filter((run) => run.isSgr);
  const ellipsis = head < 0 ? '' : ELLIPSIS;
  return begin.text + ellipsis + colours.map((run) => run.text).join('') + end.text;
}

/** What is kept of a line, and where what is left out begins or ends: a run, and a place in it. */
interface Kept {
  readonly text: string;
  readonly run: number;
  readonly at: number;
}

function beginningOf(runs: readonly StyledRun[], columns: number): Kept {
  let text = '';
  let used = 0;
  for (const [run, { text: content, isSgr }] of runs.entries()) {
    let at = 0;
    for (const cluster of isSgr ? [] : clustersOf(content)) {
      used += clusterWidth(cluster);
      if (used > columns) return { text, run, at };
      text += cluster;
      at += cluster.length;
    }
    if (isSgr) text += content;
  }
  return { text, run: runs.length, at: 0 };
}

/** Goes back from the end, at most to where the beginning ends. */
function endOf(runs: readonly StyledRun[], columns: number, begin: Kept): Kept {
  let text = '';
  let used = 0;
  for (let run = runs.length - 1; run >= begin.run; run--) {
    const { text: content, isSgr } = runs[run]!;
    if (isSgr) {
      text = content + text;
      continue;
    }
    const rest = run === begin.run ? content.slice(begin.at) : content;
    let at = content.length;
    for (const cluster of lastClustersOf(rest).toReversed()) {
      used += clusterWidth(cluster);
      if (used > columns) return { text, run, at };
      text = cluster + text;
      at -= cluster.length;
    }
    // No more of a run is looked at than may be kept of it.
    if (at > content.length - rest.length) return { text, run, at };
  }
  return { text, run: begin.run, at: begin.at };
}

function plainEnd(runs: readonly StyledRun[]): string {
  let end = '';
  for (const { text, isSgr } of runs.toReversed()) {
    if (!isSgr) end = text.slice(-END) + end;
    if (end.length >= END) break;
  }
  return end;
}
