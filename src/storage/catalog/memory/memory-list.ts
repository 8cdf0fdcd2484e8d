import type {
  ListQuery,
  ListSort,
  StatusMoment,
  StatusTotals,
  UploadTotals,
} from '../../model/list-query.ts';
import { isKept, type StoredUpload, statusOf, type UploadStatus } from '../../model/upload.ts';

const COMPARE: Record<ListSort, (a: StoredUpload, b: StoredUpload) => number> = {
  created: (a, b) => b.seq - a.seq,
  active: (a, b) => b.activeAt - a.activeAt || b.seq - a.seq,
  size: (a, b) => (b.length ?? b.offset) - (a.length ?? a.offset) || b.seq - a.seq,
  name: (a, b) => compareText(a.name ?? '', b.name ?? '') || a.seq - b.seq,
};

/** As SQLite's NOCASE compares: by the bytes of UTF-8, ASCII letters without their case. */
function compareText(a: string, b: string): number {
  const [x, y] = [a, b].map((text) =>
    Buffer.from(text.replace(/[A-Z]/g, (letter) => letter.toLowerCase())),
  );
  return Buffer.compare(x!, y!);
}

export function matches(record: StoredUpload, { states, statuses }: ListQuery): boolean {
  if (statuses) return statuses.names.includes(statusAt(record, statuses.at));
  return states ? states.includes(record.state) : record.state !== 'removed';
}

/** The records of a list in its order, as many as it wants. */
export function inOrder(
  records: readonly StoredUpload[],
  { sort = 'created', reverse = false, limit = records.length }: ListQuery,
): StoredUpload[] {
  const compare = COMPARE[sort];
  return records.toSorted((a, b) => (reverse ? compare(b, a) : compare(a, b))).slice(0, limit);
}

export function totals(records: readonly StoredUpload[]): UploadTotals[] {
  return sumBy(records, ({ state }) => ({ state }));
}

export function statusTotals(records: readonly StoredUpload[], at: StatusMoment): StatusTotals[] {
  return sumBy(records, (record) => ({ state: record.state, status: statusAt(record, at) }));
}

function statusAt(record: StoredUpload, at: StatusMoment): UploadStatus {
  const { now, idleSince, finishedBefore } = at;
  const since = isKept(record) ? finishedBefore : idleSince;
  const from = isKept(record) ? (record.finishedAt ?? record.activeAt) : record.activeAt;
  const expired = since !== null && from <= since;
  return statusOf(record, now, expired ? now : null);
}

function sumBy<K extends object>(records: readonly StoredUpload[], keyOf: (r: StoredUpload) => K) {
  const sums = new Map<string, K & { count: number; bytes: number }>();
  for (const record of records) {
    const key = keyOf(record);
    const text = JSON.stringify(key);
    const sum = sums.get(text) ?? { ...key, count: 0, bytes: 0 };
    sum.count += 1;
    sum.bytes += record.offset;
    sums.set(text, sum);
  }
  return [...sums.values()];
}
