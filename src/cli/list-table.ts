import type { CommandStore } from '../storage/store.ts';
import { formatAge, formatRelative } from '../terminal/duration.ts';
import { formatPercent, progressBar } from '../terminal/progress-bar.ts';
import { sanitize } from '../terminal/sanitize.ts';
import { shortId } from '../terminal/short-id.ts';
import { formatSize } from '../terminal/size.ts';
import type { Style } from '../terminal/style.ts';
import type { Column } from '../terminal/table.ts';
import type { UploadView } from './upload-view.ts';

export const LIST_COLUMNS: readonly Column[] = [
  { header: 'ID' },
  { header: 'NAME', flexible: true, cut: 'name', min: 8, max: 48 },
  { header: 'STATE' },
  { header: 'PROGRESS' },
  { header: 'SIZE', align: 'right' },
  { header: 'LAST BYTE' },
  { header: 'EXPIRES' },
];

export interface RowOptions {
  readonly style: Style;
  /** A terminal gets bars and short ids, a pipe whole ids and plain numbers. */
  readonly isTTY: boolean;
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** As it is to be shown. */
  readonly id: string;
}

export function listRow(
  { record, status, expiresAt }: UploadView,
  { style, isTTY, now, id }: RowOptions,
): string[] {
  return [
    sanitize(id),
    record.name === null ? style.dim('-') : sanitize(record.name),
    style.status[status](status),
    progressCell(record, isTTY),
    record.length === null ? '?' : formatSize(record.length),
    formatAge(now - record.activeAt),
    status === 'removed' ? '-' : formatRelative(expiresAt === null ? null : expiresAt - now),
  ];
}

function progressCell({ offset, length }: UploadView['record'], isTTY: boolean): string {
  const progress = { received: offset, length };
  // While the length is unknown, what has arrived is all there is to say.
  const text = length === null ? formatSize(offset) : formatPercent(progress);
  if (!isTTY) return text;
  const done = length !== null && offset >= length;
  return `${progressBar(progress)}${done ? '' : text.padStart(6)}`;
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
