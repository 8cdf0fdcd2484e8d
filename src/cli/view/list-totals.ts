import type { StatusTotals } from '../../storage/model/list-query.ts';
import { UPLOAD_STATUSES, type UploadStatus } from '../../storage/model/upload.ts';
import { formatCount, formatSize } from '../../terminal/size.ts';

/** The number of uploads by kind. `uploads` + `parts` = finished + unfinished + expired. */
export interface ListTotals {
  /** A final upload and its parts count as one. */
  readonly uploads: number;
  /** Parts that no final upload has claimed yet. */
  readonly parts: number;
  /** Parts that are folded into their uploads. */
  readonly foldedParts: number;
  readonly finished: number;
  /** receiving, stalled, waiting and joining. */
  readonly unfinished: number;
  readonly expired: number;
  /** Received bytes of all uploads; bytes of a part and of its finished upload count once. */
  readonly bytes: number;
  /** Those among them that a rule has moved out of the upload directory. */
  readonly movedBytes: number;
  /** Without folded parts. */
  readonly byStatus: Readonly<Record<UploadStatus, number>>;
}

/** Sums up the rows. Removed uploads count only in `byStatus.removed`. */
export function addUp(rows: readonly StatusTotals[], movedBytes: number): ListTotals {
  const byStatus = Object.fromEntries(UPLOAD_STATUSES.map((status) => [status, 0])) as Record<
    UploadStatus,
    number
  >;
  let [uploads, parts, foldedParts, bytes] = [0, 0, 0, 0];
  for (const row of rows) {
    if (row.status !== 'removed') bytes += row.bytesOnce;
    if (row.folded) {
      foldedParts += row.count;
      continue;
    }
    byStatus[row.status] += row.count;
    if (row.status === 'removed') continue;
    if (row.part) parts += row.count;
    else uploads += row.count;
  }
  const { receiving, stalled, waiting, joining, finished, expired } = byStatus;
  const unfinished = receiving + stalled + waiting + joining;
  const states = { finished, unfinished, expired };
  return { uploads, parts, foldedParts, ...states, bytes, movedBytes, byStatus };
}

/** The number of rows in a list of these statuses; without `statuses`, of all but removed ones. */
export function countRows(
  rows: readonly StatusTotals[],
  statuses: readonly UploadStatus[] | undefined,
  foldParts: boolean,
): number {
  return rows
    .filter(({ folded }) => !(folded && foldParts))
    .filter(({ status }) => (statuses ? statuses.includes(status) : status !== 'removed'))
    .reduce((sum, { count }) => sum + count, 0);
}

/**
 * "41 uploads · 3 unfinished (1 stalled) · 2 expired · 61 GiB", on as many lines as a terminal of
 * `width` columns needs (null for a pipe).
 */
export function totalsLines(totals: ListTotals, width: number | null): string[] {
  const lines: string[] = [];
  for (const piece of totalsOf(totals)) {
    const longer = lines.length === 0 ? piece : `${lines.at(-1)} · ${piece}`;
    if (lines.length > 0 && (width === null || longer.length <= width)) lines.pop();
    lines.push(width === null || longer.length <= width ? longer : piece);
  }
  return lines;
}

function totalsOf(totals: ListTotals): string[] {
  const { uploads, parts, unfinished, expired, bytes, movedBytes, byStatus } = totals;
  const moved = movedBytes > 0 ? ` (${formatSize(movedBytes)} moved elsewhere)` : '';
  const stalled = byStatus.stalled > 0 ? ` (${formatCount(byStatus.stalled)} stalled)` : '';
  return [
    countOf(uploads, 'upload'),
    ...(parts > 0 ? [`${countOf(parts, 'part')} unclaimed`] : []),
    `${formatCount(unfinished)} unfinished${stalled}`,
    ...(expired > 0 ? [`${formatCount(expired)} expired`] : []),
    `${formatSize(bytes)}${moved}`,
  ];
}

/** "1 upload", "41 uploads" */
export function countOf(count: number, what: string): string {
  return `${formatCount(count)} ${what}${count === 1 ? '' : 's'}`;
}
