import type { Count, Counted, Counting, Holdings } from '../../model/counting.ts';
import { isUnfinished, type StoredUpload } from '../../model/upload.ts';

/** Counts by what, bucket and subject. */
export type Counts = Map<string, number>;

/** See Catalog. */
export function createCounting(records: () => readonly StoredUpload[]): Counting {
  const counts: Counts = new Map();
  return {
    count: async (batch) => addCounts(counts, batch),
    allCounts: async () => listCounts(counts),
    forgetCounts: async (what, before) => forgetCounts(counts, what, before),
    holdings: async () => holdingsOf(records()),
  };
}

export function addCounts(counts: Counts, batch: Parameters<Counting['count']>[0]): number[] {
  return batch.map(({ what, bucket, subject, amount }) => {
    const key = `${what} ${bucket} ${subject}`;
    const sum = (counts.get(key) ?? 0) + amount;
    if (amount !== 0) counts.set(key, sum);
    return sum;
  });
}

export function listCounts(counts: Counts): Count[] {
  return [...counts].map(([key, amount]) => {
    const [what, bucket, ...subject] = key.split(' ');
    return { what: what as Counted, bucket: Number(bucket), subject: subject.join(' '), amount };
  });
}

export function forgetCounts(
  counts: Counts,
  ...[what, before]: Parameters<Counting['forgetCounts']>
): void {
  for (const key of counts.keys()) {
    const [counted, bucket] = key.split(' ', 2);
    if (counted === what && Number(bucket) < before) counts.delete(key);
  }
}

export function holdingsOf(records: readonly StoredUpload[]): Holdings {
  const finishedOf = new Map<string | null, number>();
  for (const { state, owner, offset } of records) {
    if (state !== 'finished' || offset === 0) continue;
    finishedOf.set(owner, (finishedOf.get(owner) ?? 0) + offset);
  }
  return {
    finishedOf: [...finishedOf].map(([owner, bytes]) => ({ owner, bytes })),
    finished: records
      .filter(({ state, movedTo }) => state === 'finished' && movedTo === null)
      .reduce((sum, { offset }) => sum + offset, 0),
    unfinished: records.filter(isUnfinished).map(({ id, origin, owner, length, offset }) => ({
      id,
      owner,
      address: origin.address,
      bytes: length ?? offset,
    })),
  };
}
