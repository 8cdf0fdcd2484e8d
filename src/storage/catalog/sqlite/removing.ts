import { isGone, type StoredUpload } from '../../model/upload.ts';
import type { Removing } from '../catalog.ts';
import {
  type ClaimOutcome,
  isAsSeen,
  type RemovalClaim,
  waitsForPlacements,
} from '../removal-claim.ts';
import type { Work } from './work.ts';

/** See Catalog. */
export function createRemoving(work: Work): Removing {
  const { tables, transactions } = work;
  const { uploads, queries } = tables;
  return {
    countDownload: async (id, at) =>
      transactions.writeFromReserve(() => {
        const record = uploads.get(id);
        if (record?.state !== 'finished' || record.downloadsLeft === null) return null;
        const downloadsLeft = Math.max(0, record.downloadsLeft - 1);
        const over = downloadsLeft === 0 ? { expiresAt: at } : {};
        uploads.update(record.seq, { downloadsLeft, ...over });
        return downloadsLeft;
      }),

    claimRemoval: async (seen, claim) =>
      transactions.writeFromReserve(() => claimRemoval(work, seen, claim)),

    removalDone: async (id) =>
      transactions.writeFromReserve(() => {
        const record = uploads.get(id);
        if (record?.state === 'removing') uploads.update(record.seq, { state: 'removed' });
      }),

    forget: async (before, limit) =>
      transactions.write(() => {
        const seqs = queries.removedBefore(before, limit);
        uploads.forget(seqs);
        return seqs.length;
      }),
  };
}

function claimRemoval(
  { tables, leases: own }: Work,
  seen: StoredUpload,
  { why, bytes, takeOver, deliveries, at }: RemovalClaim,
): ClaimOutcome {
  const { uploads, leases, timeline, outbox, placements } = tables;
  const record = uploads.get(seen.id);
  if (!record || isGone(record) || !isAsSeen(record, seen)) return 'changed';
  const holder = leases.holder(record.id, at);
  if (holder !== undefined && holder !== own.owner && !takeOver) return 'leased';
  if (record.kind === 'partial' && uploads.finalsWaitingFor(record.id).length > 0) return 'needed';
  if (waitsForPlacements(why) && placements.isPending(record.id)) return 'needed';
  uploads.update(record.seq, { state: 'removing', removedAt: at, removedWhy: why });
  timeline.add(record.seq, at, { event: 'removed', why, bytes });
  outbox.add(record.id, deliveries, at);
  leases.dropAny(record.id);
  return 'claimed';
}
