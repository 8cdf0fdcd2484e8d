import { isUnfinished } from '../../model/upload.ts';
import type { Ending, Lease, Receiving } from '../catalog.ts';
import { addEntry, type MemoryState } from './memory-state.ts';

/** See Catalog. */
export function createReceiving(state: MemoryState): Receiving {
  const recordEnding = (lease: Lease, { change, timeline, at }: Ending): boolean => {
    const row = state.held(lease);
    if (!row) return false;
    row.record = { ...row.record, ...change };
    for (const entry of timeline) addEntry(row, at, entry);
    return true;
  };

  return {
    createUpload: async (creation) => state.insert(creation),

    async createLeased(creation) {
      const record = state.insert(creation);
      return { record, lease: state.take(record) };
    },

    createFinished: async (creation) => state.insert(creation),

    async adopt({ record, timeline }) {
      const stored = state.insert({ record, timeline: [], deliveries: [], at: record.createdAt });
      state.rows.get(record.id)?.timeline.push(...timeline);
      return stored;
    },

    async beginAppend(id) {
      const record = state.get(id);
      if (!record) return undefined;
      const takesBytes = record.state === 'receiving' && record.kind !== 'final';
      return { record, lease: takesBytes ? state.take(record) : null };
    },

    record: async (lease, ending) => recordEnding(lease, ending),

    async progress(batch) {
      return batch.flatMap(({ lease, activeAt, received }) => {
        const row = state.held(lease);
        if (!row) return lease;
        const late = received !== undefined && received.offset < row.record.offset;
        if (!late) row.record = { ...row.record, activeAt, ...received };
        return [];
      });
    },

    voided: async (leases) => leases.filter((lease) => !state.held(lease)),

    async endAppend(lease, ending) {
      const recorded = recordEnding(lease, ending);
      state.drop(lease);
      return recorded;
    },

    release: async (lease) => state.drop(lease),

    async finish(lease, { change, timeline, deliveries, placements = [], at }) {
      const row = state.held(lease);
      if (!row || !isUnfinished(row.record)) return false;
      const finished = { state: 'finished', finishedAt: at, refusal: null } as const;
      row.record = { ...row.record, ...change, ...finished };
      for (const entry of [...timeline, { event: 'finished' } as const]) addEntry(row, at, entry);
      state.outbox.insert(lease.id, deliveries, at);
      state.placements.add(lease.id, placements, at);
      state.drop(lease);
      return true;
    },

    async refuse(lease, { why, remembered, change = {}, at }) {
      const row = state.held(lease);
      if (!row) return false;
      row.record = { ...row.record, ...change, ...(remembered ? { refusal: why } : {}) };
      addEntry(row, at, { event: 'refused', why });
      state.drop(lease);
      return true;
    },
  };
}
