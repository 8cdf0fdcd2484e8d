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
  /** A terminal gets bars and short ids; a pipe gets full ids and plain numbers. */
  readonly isTTY: boolean;
  /** Whether any listed upload has parts. */
  readonly parts: boolean;
  /** Whether any upload has an owner, and uploads of several are listed. */
  readonly owners: boolean;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/** The columns; `drop` is the order in which they are omitted on a narrow terminal. */
export function listColumns({ isTTY, parts, owners }: ListLook): Column[] {
  return [
    { header: 'ID' },
    { header: 'NAME', flexible: true, cut: 'name', min: 12, max: 48, drop: 7 },
    ...(owners ? [{ header: 'OWNER', flexible: true, min: 8, max: 24, drop: 4 }] : []),
    { header: 'STATE', drop: 8 },
    ...(parts ? [{ header: 'PARTS', drop: 4 }] : []),
    ...(isTTY ? [{ header: 'PROGRESS', drop: 1 }] : []),
    { header: isTTY ? 'DONE' : 'PROGRESS', align: 'right', drop: 6 },
    { header: 'SIZE', align: 'right', drop: 5 },
    { header: 'LAST BYTE', drop: 2 },
    { header: 'EXPIRES', drop: 3 },
  ];
}

/** The cells of an upload; `id` is the id as displayed. */
export function listRow(
  view: UploadView,
  id: string,
  { style, isTTY, parts, owners, now }: ListLook,
) {
  const { record, status, received, expiresAt } = view;
  const { length } = record;
  const progress = { received, length };
  return [
    sanitize(id),
    record.name === null ? style.dim('-') : sanitize(record.name),
    ...(owners ? [record.owner === null ? style.dim('-') : sanitize(record.owner)] : []),
    style.status[status](status),
    ...(parts ? [partsCell(view)] : []),
    ...(isTTY ? [progressBar(progress)] : []),
    // While the length is unknown, only the received bytes can be shown.
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

/** Shorter prefixes are hard to compare. */
const SHORTEST = 8;

/** The shortest unique prefix of an id, which `inspect` accepts. */
export async function shownId(store: CommandStore, id: string): Promise<string> {
  for (let keep = SHORTEST; keep < id.length; keep += 4) {
    const found = await store.idsBeginningWith(id.slice(0, keep), 2);
    if (found.length < 2) return shortId(id, keep);
  }
  return id;
}
