import type {
  ListQuery,
  ListSort,
  StatusMoment,
  StatusTotals,
  UnfinishedTotals,
  UploadTotals,
} from '../../model/list-query.ts';
import {
  isGone,
  isKept,
  isUnfinished,
  type StoredUpload,
  statusOf,
  type UploadStatus,
} from '../../model/upload.ts';

const COMPARE: Record<ListSort, (a: StoredUpload, b: StoredUpload) => number> = {
  created: (a, b) => b.seq - a.seq,
  active: (a, b) => b.activeAt - a.activeAt || b.seq - a.seq,
  size: (a, b) => (b.length ?? b.offset) - (a.length ?? a.offset) || b.seq - a.seq,
  name: (a, b) => compareText(a.name ?? '', b.name ?? '') || a.seq - b.seq,
};

/** Compares like SQLite's NOCASE: by the bytes of UTF-8, ignoring the case of ASCII letters. */
function compareText(a: string, b: string): number {
  const [x, y] = [a, b].map((text) =>
    Buffer.from(text.replace(/[A-Z]/g, (letter) => letter.toLowerCase())),
  );
  return Buffer.compare(x!, y!);
}

export function matches(record: StoredUpload, { states, statuses, owner }: ListQuery): boolean {
  if (owner !== undefined && record.owner !== owner) return false;
  if (statuses) return statuses.names.includes(statusAt(record, statuses.at));
  return states ? states.includes(record.state) : record.state !== 'removed';
}

/** The records of a list in the query's order, up to its limit. */
export function inOrder(
  records: readonly StoredUpload[],
  { sort = 'created', reverse = false, limit = records.length }: ListQuery,
): StoredUpload[] {
  const compare = COMPARE[sort];
  return records.toSorted((a, b) => (reverse ? compare(b, a) : compare(a, b))).slice(0, limit);
}

export function totals(records: readonly StoredUpload[]): UploadTotals[] {
  const sums = new Map<string, UploadTotals>();
  for (const { state, offset } of records) {
    const { count, bytes } = sums.get(state) ?? { count: 0, bytes: 0 };
    sums.set(state, { state, count: count + 1, bytes: bytes + offset });
  }
  return [...sums.values()];
}

export function statusTotals(
  records: readonly StoredUpload[],
  at: StatusMoment,
  owner?: string,
): StatusTotals[] {
  const sums = new Map<string, StatusTotals>();
  for (const record of records) {
    if (owner !== undefined && record.owner !== owner) continue;
    const { state, offset } = record;
    const status = statusAt(record, at);
    const part = record.kind === 'partial' ? 1 : 0;
    const folded = isFolded(record, records) ? 1 : 0;
    const key = [state, status, part, folded].join();
    const sum = sums.get(key) ?? { state, status, part, folded, count: 0, bytes: 0, bytesOnce: 0 };
    const joined = finalsOf(record, records).some((final) => final.state === 'finished');
    sums.set(key, {
      ...sum,
      count: sum.count + 1,
      bytes: sum.bytes + offset,
      bytesOnce: sum.bytesOnce + (joined ? 0 : offset),
    });
  }
  return [...sums.values()];
}

export function unfinishedTotals(
  records: readonly StoredUpload[],
  at: StatusMoment,
): UnfinishedTotals[] {
  const counts = new Map<UploadStatus, number>();
  for (const record of records.filter(isUnfinished)) {
    const status = statusAt(record, at);
    counts.set(status, (counts.get(status) ?? 0) + 1);
  }
  return [...counts].map(([status, count]) => ({ status, count }));
}

/** See Catalog. */
export function movedBytes(records: readonly StoredUpload[], owner?: string): number {
  return records
    .filter((one) => one.state === 'finished' && one.movedTo && one.owner === (owner ?? one.owner))
    .reduce((sum, { offset }) => sum + offset, 0);
}

/** See Catalog. */
export function isCondemnable(record: StoredUpload, at: StatusMoment): boolean {
  const { now, idleSince, finishedBefore } = at;
  if (isGone(record)) return false;
  if (record.expiresAt !== null && record.expiresAt <= now) return true;
  if (!isKept(record)) return idleSince !== null && record.activeAt <= idleSince;
  return finishedBefore !== null && (record.finishedAt ?? 0) <= finishedBefore;
}

/** The change of a record by one more complete download. */
export function downloadOf({ state, downloadsLeft }: StoredUpload, at: number) {
  if (state !== 'finished' || downloadsLeft === null) return null;
  const left = Math.max(0, downloadsLeft - 1);
  return { downloadsLeft: left, ...(left === 0 ? { expiresAt: at } : {}) };
}

/** true for a part whose final upload is not removed. */
export function isFolded(record: StoredUpload, records: readonly StoredUpload[]): boolean {
  return !isGone(record) && finalsOf(record, records).some((final) => !isGone(final));
}

function finalsOf({ kind, id }: StoredUpload, records: readonly StoredUpload[]): StoredUpload[] {
  return kind === 'partial' ? records.filter(({ parts }) => parts.includes(id)) : [];
}

function statusAt(record: StoredUpload, at: StatusMoment): UploadStatus {
  const { now, idleSince, finishedBefore } = at;
  const since = isKept(record) ? finishedBefore : idleSince;
  const from = isKept(record) ? (record.finishedAt ?? record.activeAt) : record.activeAt;
  const expired = since !== null && from <= since;
  return statusOf(record, now, expired ? now : record.expiresAt);
}
