import type { SweepDecision, SweepReason, SweepSummary } from '../../retention/decision.ts';
import type { Column } from '../../terminal/column.ts';
import { shortenName } from '../../terminal/fit.ts';
import { shortId } from '../../terminal/short-id.ts';
import { formatCount, formatSize } from '../../terminal/size.ts';
import type { Style } from '../../terminal/style.ts';
import { sanitize } from '../../text/sanitize.ts';
import { describePeriod, formatAge, formatDuration } from '../../text/span.ts';
import { countOf } from '../view/list-totals.ts';

/** Columns; names from clients can have any length. */
const NAME_MAX = 40;

export const SWEEP_COLUMNS: readonly Column[] = [
  { header: '' },
  { header: '' },
  { header: '' },
  { header: '', align: 'right' },
  { header: '' },
];

/** A reason as text for a person. */
export function reasonText(reason: SweepReason): string {
  switch (reason.code) {
    case 'unfinished':
      return `unfinished, last byte ${ago(reason.idle)} (limit ${describePeriod(reason.limit)})`;
    case 'part':
      return `a part that no final upload took, last byte ${ago(reason.idle)} (limit ${describePeriod(reason.limit)})`;
    case 'finished':
      return `finished ${ago(reason.idle)} (limit ${describePeriod(reason.limit)})`;
    case 'own-end':
      return `its own time was up ${ago(reason.idle)}`;
    case 'begun':
      return 'its removal was begun before, and cut short';
    case 'file-missing':
      return 'its data file is gone; only the record is left';
    case 'folder-empty':
      return 'its data file is gone, like every other: is the disk mounted? (--orphans removes the record)';
    case 'no-record':
      return `a file without a record, last changed ${ago(reason.idle)} (--orphans removes it)`;
    case 'writing':
      return 'a transfer is running';
    case 'needed':
      return 'a final upload that is not complete yet needs this part';
    case 'complete':
      return 'all its bytes are here; the daemon finishes it when it starts, or within a minute';
    case 'changed':
      return 'it has changed meanwhile';
    case 'not-yet':
      return `last byte ${ago(reason.idle)}; its time is up in ${formatDuration(reason.expiresIn)}`;
    case 'never':
      return 'unfinished uploads are kept for ever';
    case 'error':
      return reason.message;
  }
}

function ago(ms: number): string {
  const age = formatAge(ms);
  return age === 'now' ? 'just now' : `${age} ago`;
}

export function decisionRow(decision: SweepDecision, style: Style, isTTY: boolean): string[] {
  const { action, id, name, bytes, reason } = decision;
  return [
    paintOf(action, style)(action.replace('-', ' ')),
    isTTY ? shortId(id, 8) : sanitize(id),
    isTTY ? shortenName(sanitize(name ?? ''), NAME_MAX) : sanitize(name ?? ''),
    bytes > 0 ? formatSize(bytes) : '',
    sanitize(reasonText(reason)),
  ];
}

function paintOf(action: SweepDecision['action'], style: Style) {
  if (action === 'failed') return style.bad;
  return action === 'removed' || action === 'would-remove' ? style.warn : style.dim;
}

/** The number of uploads and parts in the catalog before a sweep. */
export interface Looked {
  readonly uploads: number;
  readonly parts: number;
}

/** The totals of a sweep, including how many it examined. */
export type SweepSum = SweepSummary &
  Looked & {
    /** Uploads and parts in the catalog, and files without a record. */
    readonly examined: number;
  };

/** Uploads may be created during the sweep: the totals are at least the number removed. */
export function withLooked(summary: SweepSummary, looked: Looked): SweepSum {
  const uploads = Math.max(looked.uploads, summary.removedUploads);
  const parts = Math.max(looked.parts, summary.removedParts);
  const examined = uploads + parts + summary.removedFiles + summary.orphans;
  return { examined, uploads, parts, ...summary };
}

/** The totals of a sweep, in a line or two. */
export function summaryLines(sum: SweepSum, dryRun: boolean): string[] {
  const { removedUploads, uploads, removedParts, parts, removedFiles } = sum;
  const { failed, bytes, orphans, forgotten } = sum;
  const counts = [
    `${formatCount(removedUploads)} of ${countOf(uploads, 'upload')}`,
    ...(parts > 0 ? [`${formatCount(removedParts)} of ${countOf(parts, 'part')}`] : []),
    ...(removedFiles > 0 ? [`${countOf(removedFiles, 'file')} without a record`] : []),
    `${formatSize(bytes)}.`,
  ].join(', ');
  const lines = [dryRun ? `${counts} Nothing was removed (--dry-run).` : `Removed ${counts}`];
  if (failed > 0) {
    lines.push(`${formatCount(failed)} could not be removed; the next cleanup tries again.`);
  }
  if (orphans > 0) {
    const files = countOf(orphans, 'file');
    lines.push(
      `${files} without a record ${orphans === 1 ? 'was' : 'were'} left alone (--orphans).`,
    );
  }
  if (forgotten > 0) {
    lines.push(
      `${countOf(forgotten, 'upload')} that had been removed long ago ${forgotten === 1 ? 'is' : 'are'} forgotten.`,
    );
  }
  return lines;
}
