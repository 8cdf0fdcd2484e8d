import type { StatusTotals } from '../storage/model/list-query.ts';
import type { UploadStatus } from '../storage/model/upload.ts';
import { formatCount, formatSize } from '../terminal/size.ts';
import { STATUSES } from './list-query.ts';

/** How many uploads there are, of which kind. */
export interface ListTotals {
  readonly uploads: number;
  readonly unfinished: number;
  /** Received, of all uploads. */
  readonly bytes: number;
  readonly byStatus: Readonly<Record<UploadStatus, number>>;
}

/** Removed uploads count nowhere but under their own name. */
export function addUp(rows: readonly StatusTotals[]): ListTotals {
  const byStatus = Object.fromEntries(STATUSES.map((status) => [status, 0]));
  let [uploads, unfinished, bytes] = [0, 0, 0];
  for (const row of rows) {
    byStatus[row.status] = (byStatus[row.status] ?? 0) + row.count;
    if (row.status === 'removed') continue;
    uploads += row.count;
    bytes += row.bytes;
    if (row.state === 'receiving' || row.state === 'joining') unfinished += row.count;
  }
  return { uploads, unfinished, bytes, byStatus: byStatus as Record<UploadStatus, number> };
}

/** "41 uploads · 3 unfinished (1 stalled) · 61 GiB" */
export function totalsLine({ uploads, unfinished, bytes, byStatus }: ListTotals): string {
  const marked = (['stalled', 'expired'] as const)
    .filter((status) => byStatus[status] > 0)
    .map((status) => `${formatCount(byStatus[status])} ${status}`);
  const remark = marked.length === 0 ? '' : ` (${marked.join(', ')})`;
  return `${countOf(uploads, 'upload')} · ${formatCount(unfinished)} unfinished${remark} · ${formatSize(bytes)}`;
}

/** "1 upload", "41 uploads" */
export function countOf(count: number, what: string): string {
  return `${formatCount(count)} ${what}${count === 1 ? '' : 's'}`;
}
