import type { CommandStore } from '../../storage/store.ts';
import type { Column } from '../../terminal/column.ts';
import { formatPercent, progressBar } from '../../terminal/progress-bar.ts';
import { shortId } from '../../terminal/short-id.ts';
import { formatSize } from '../../terminal/size.ts';
import type { Style } from '../../terminal/style.ts';
import { sanitize } from '../../text/sanitize.ts';
import { formatAge, formatRelative } from '../../text/span.ts';
import { countOf } from './list-totals.ts';
import type { UploadView } from './upload-view.ts';

export interface ListLook {
  readonly style: Style;
  /** A terminal gets bars and short ids, a pipe whole ids and plain numbers. */
  readonly isTTY: boolean;
  /** Whether any upload comes in parts. */
  readonly parts: boolean;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/** `drop` says in which order columns go when the terminal is narrow. */
export function listColumns({ isTTY, parts }: ListLook): Column[] {
  return [
    { header: 'ID' },
    { header: 'NAME', flexible: true, cut: 'name', min: 12, max: 48, drop: 7 },
    { header: 'STATE', drop: 8 },
    ...(parts ? [{ header: 'PARTS', drop: 4 }] : []),
    ...(isTTY ? [{ header: 'PROGRESS', drop: 1 }] : []),
    { header: isTTY ? 'DONE' : 'PROGRESS', align: 'right', drop: 6 },
    { header: 'SIZE', align: 'right', drop: 5 },
    { header: 'LAST BYTE', drop: 2 },
    { header: 'EXPIRES', drop: 3 },
  ];
}

/** The cells of an upload; `id` as it is to be shown. */
export function listRow(view: UploadView, id: string, { style, isTTY, parts, now }: ListLook) {
  const { record, status, received, expiresAt } = view;
  const { length } = record;
  const progress = { received, length };
  return [
    sanitize(id),
    record.name === null ? style.dim('-') : sanitize(record.name),
    style.status[status](status),
    ...(parts ? [partsCell(view)] : []),
    ...(isTTY ? [progressBar(progress)] : []),
    // While the length is unknown, what has arrived is all there is to say.
    length === null ? formatSize(received) : formatPercent(progress),
    length === null ? '?' : formatSize(length),
    formatAge(now - record.activeAt),
    status === 'removed' ? '-' : formatRelative(expiresAt === null ? null : expiresAt - now),
  ];
}

function partsCell({ record: { kind, parts } }: UploadView): string {
  if (kind === 'partial') return 'a part';
  return kind === 'final' ? countOf(parts.length, 'part') : '-';
}

/** Fewer say little to a person who compares two lines. */
const SHORTEST = 8;

/** The beginning of an id that no other id has, for `inspect` to take. */
export async function shownId(store: CommandStore, id: string): Promise<string> {
  for (let keep = SHORTEST; keep < id.length; keep += 4) {
    const found = await store.idsBeginningWith(id.slice(0, keep), 2);
    if (found.length < 2) return shortId(id, keep);
  }
  return id;
}
