import { type StyledRun, splitSgr } from './sgr.ts';
import { clustersOf, clusterWidth, displayWidth, isWider, lastClustersOf } from './width.ts';

const ELLIPSIS = '…';

/** A file extension: ".mov", ".tar.gz". A name that only begins with a dot has none. */
const EXTENSION = /(?<=.)(?:\.tar)?\.[^\s./\\]{1,8}$/u;

/** The extension is searched in this many UTF-16 code units at the end of a name. */
const END = 64;

/** Pads a text with spaces to `width` columns; longer texts are unchanged. */
export function pad(text: string, width: number, align: 'left' | 'right' = 'left'): string {
  const room = ' '.repeat(Math.max(0, width - displayWidth(text)));
  return align === 'left' ? text + room : room + text;
}

/**
 * Cuts a line to `width` columns, with … at the end if something was removed. Colours stay closed.
 */
export function truncate(text: string, width: number): string {
  return isWider(text, width) ? cut(splitSgr(text), width - 1, 0) : text;
}

/**
 * Cuts a file name in the middle to `width` columns, keeping its beginning and its extension
 * ("very-long-na…e.mov"); if there is no space for both, cuts the end.
 */
export function shortenName(name: string, width: number): string {
  if (!isWider(name, width)) return name;
  const runs = splitSgr(name);
  const end = plainEnd(runs);
  const extension = EXTENSION.exec(end)?.[0];
  if (extension === undefined) return cut(runs, width - 1, 0);
  // Keep one more character before the dot, so that the end does not look like a whole name.
  const last = lastClustersOf(end.slice(0, -extension.length)).at(-1) ?? '';
  const tail = displayWidth(extension) + clusterWidth(last);
  const head = width - 1 - tail;
  // A shorter beginning is useless; cut the end instead.
  return head < 3 ? cut(runs, width - 1, 0) : cut(runs, head, tail);
}

/**
 * Keeps at most `head` and `tail` columns. Colour sequences are kept, even those in the removed
 * part.
 */
function cut(runs: readonly StyledRun[], head: number, tail: number): string {
  const begin = beginningOf(runs, head);
  const end = endOf(runs, tail, begin);
  const colours = runs.slice(begin.run, end.run).filter((run) => run.isSgr);
  const ellipsis = head < 0 ? '' : ELLIPSIS;
  return begin.text + ellipsis + colours.map((run) => run.text).join('') + end.text;
}

/** The kept text, and where the removed part begins or ends: a run, and an index into it. */
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

/** Collects from the end, at most back to where the beginning ends. */
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
    // Do not examine more of a run than can be kept.
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
