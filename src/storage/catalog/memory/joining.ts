import { isGone, isUnfinished } from '../../model/upload.ts';
import type { Joining } from '../catalog.ts';
import { addEntry, type MemoryState } from './memory-state.ts';

/** See Catalog. */
export function createJoining(state: MemoryState): Joining {
  return {
    async beginJoin(id, at) {
      const row = state.rows.get(id);
      const record = row?.record;
      if (record?.kind !== 'final' || !isUnfinished(record) || record.refusal !== null) {
        return { outcome: 'over' };
      }
      const parts = record.parts.map((part) => state.get(part));
      if (parts.some((part) => part?.kind !== 'partial' || isGone(part))) {
        return { outcome: 'part-missing' };
      }
      if (parts.some((part) => part?.state !== 'finished')) return { outcome: 'waiting' };
      const length = parts.reduce((sum, part) => sum + (part?.length ?? 0), 0);
      const lease = state.take(record);
      if (record.state === 'receiving') {
        addEntry(row!, at, { event: 'joining', parts: parts.length });
      }
      row!.record = { ...record, state: 'joining', length, activeAt: at };
      return { outcome: 'begun', record: row!.record, lease };
    },

    finalsWaitingFor: async (part) =>
      state
        .finalsWith(part)
        .filter(isUnfinished)
        .map(({ id }) => id),

    async touch(id, at) {
      const row = state.rows.get(id);
      if (row && isUnfinished(row.record)) row.record = { ...row.record, activeAt: at };
    },
  };
}
