import { isGone, isUnfinished, type StoredUpload } from '../../model/upload.ts';
import type { JoinStart, Lease } from '../catalog.ts';
import type { Tables } from './tables.ts';

/** The unit of work behind `Catalog.beginJoin`, inside its transaction. */
export function beginJoin(
  { uploads, timeline }: Tables,
  id: string,
  at: number,
  take: (record: StoredUpload) => Lease | null,
): JoinStart {
  const record = uploads.get(id);
  if (record?.kind !== 'final' || !isUnfinished(record) || record.refusal !== null) {
    return { outcome: 'over' };
  }
  const parts = record.parts.map((part) => uploads.get(part));
  // Asked first: waiting for the others would be in vain.
  if (parts.some((part) => part?.kind !== 'partial' || isGone(part))) {
    return { outcome: 'part-missing' };
  }
  if (parts.some((part) => part?.state !== 'finished')) return { outcome: 'waiting' };
  const length = parts.reduce((sum, part) => sum + (part?.length ?? 0), 0);
  const lease = take(record);
  if (!lease) return { outcome: 'leased' };
  uploads.update(record.seq, { state: 'joining', length, activeAt: at });
  if (record.state === 'receiving') {
    timeline.add(record.seq, at, { event: 'joining', parts: record.parts.length });
  }
  return { outcome: 'begun', record: { ...record, state: 'joining', length, activeAt: at }, lease };
}
