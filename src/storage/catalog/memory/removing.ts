import { isGone, isUnfinished } from '../../model/upload.ts';
import type { Removing } from '../catalog.ts';
import { isAsSeen, waitsForPlacements } from '../removal-claim.ts';
import { downloadOf } from './memory-list.ts';
import { addEntry, type MemoryState } from './memory-state.ts';

/** See Catalog. */
export function createRemoving(state: MemoryState): Removing {
  return {
    async countDownload(id, at) {
      const row = state.rows.get(id);
      const change = row && downloadOf(row.record, at);
      if (!change) return null;
      row.record = { ...row.record, ...change };
      return change.downloadsLeft;
    },

    async claimRemoval(seen, { why, bytes, deliveries, at }) {
      const row = state.rows.get(seen.id);
      if (!row || isGone(row.record) || !isAsSeen(row.record, seen)) return 'changed';
      const { record } = row;
      if (record.kind === 'partial' && state.finalsWith(record.id).some(isUnfinished)) {
        return 'needed';
      }
      if (waitsForPlacements(why) && state.placements.isPending(record.id)) return 'needed';
      row.record = { ...record, state: 'removing', removedAt: at, removedWhy: why };
      addEntry(row, at, { event: 'removed', why, bytes });
      state.outbox.insert(record.id, deliveries, at);
      state.leases.delete(record.id);
      return 'claimed';
    },

    async removalDone(id) {
      const row = state.rows.get(id);
      if (row?.record.state === 'removing') row.record = { ...row.record, state: 'removed' };
    },

    async forget(before, limit) {
      const old = state
        .records()
        .filter(({ state: now, removedAt }) => now === 'removed' && (removedAt ?? 0) <= before)
        .slice(0, limit);
      for (const { id } of old) {
        state.rows.delete(id);
        state.placements.forget(id);
      }
      return old.length;
    },
  };
}
