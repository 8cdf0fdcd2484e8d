import { isGone, type StoredUpload } from '../../model/upload.ts';
import { type ClaimOutcome, isAsSeen, type RemovalClaim } from '../catalog.ts';
import type { Tables } from './tables.ts';

/** The unit of work behind `Catalog.claimRemoval`, inside its transaction. */
export function claimRemoval(
  { uploads, leases, timeline, outbox }: Tables,
  owner: string,
  seen: StoredUpload,
  { why, bytes, takeOver, deliveries, at }: RemovalClaim,
): ClaimOutcome {
  const record = uploads.get(seen.id);
  if (!record || isGone(record) || !isAsSeen(record, seen)) return 'changed';
  const holder = leases.holder(record.id, at);
  if (holder && holder.owner !== owner && !takeOver) return 'leased';
  if (record.kind === 'partial' && uploads.finalsWaitingFor(record.id).length > 0) return 'needed';
  uploads.update(record.seq, { state: 'removing', removedAt: at, removedWhy: why });
  timeline.add(record.seq, at, { event: 'removed', why, bytes });
  outbox.add(record.id, deliveries, at);
  leases.dropAny(record.id);
  return 'claimed';
}
