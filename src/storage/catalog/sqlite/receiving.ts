import type { StoredUpload } from '../../model/upload.ts';
import type { Creation, Ending, Lease, Receiving } from '../catalog.ts';
import type { Work } from './work.ts';

/** See Catalog. Each unit is one transaction, except that creations of finished uploads may share one. */
export function createReceiving({ tables, transactions, leases }: Work): Receiving {
  const { uploads, timeline, outbox, placements, links } = tables;

  const insert = (creation: Creation): StoredUpload => {
    const { record, at } = creation;
    links.use(record, at);
    const seq = uploads.insert(record);
    timeline.begin(seq, at, creation.timeline);
    outbox.add(record.id, creation.deliveries, at);
    if (creation.placements) placements.add(record.id, creation.placements, at);
    return { ...record, seq };
  };

  const recordEnding = (lease: Lease, { change, timeline: entries, at }: Ending): boolean => {
    if (!leases.holds(lease)) return false;
    if (Object.keys(change).length > 0 && !uploads.update(lease.seq, change)) return false;
    for (const entry of entries) timeline.add(lease.seq, at, entry);
    return true;
  };

  return {
    createUpload: async (creation) => transactions.write(() => insert(creation)),

    createLeased: async (creation) =>
      transactions.write(() => {
        const record = insert(creation);
        const lease = leases.take(record, creation.at);
        if (!lease) throw new Error(`the new upload ${record.id} is leased already`);
        return { record, lease };
      }),

    createFinished: (creation) => transactions.writeTogether(() => insert(creation)),

    adopt: async ({ record, timeline: entries }) =>
      transactions.write(() => {
        const seq = uploads.insert(record);
        timeline.replay(seq, entries);
        return { ...record, seq };
      }),

    beginAppend: async (id, at) =>
      transactions.write(() => {
        const record = uploads.get(id);
        if (!record) return undefined;
        const takesBytes = record.state === 'receiving' && record.kind !== 'final';
        return { record, lease: takesBytes ? leases.take(record, at) : null };
      }),

    record: async (lease, ending) => transactions.write(() => recordEnding(lease, ending)),

    progress: async (batch) =>
      transactions.write(() =>
        batch.flatMap(({ lease, activeAt, received }) => {
          if (!leases.holds(lease)) return lease;
          if (received) uploads.advance(lease.seq, { activeAt, ...received });
          else uploads.update(lease.seq, { activeAt });
          return [];
        }),
      ),

    voided: async (held) => transactions.read(() => leases.voided(held)),

    endAppend: async (lease, ending) =>
      transactions.write(() => {
        const recorded = recordEnding(lease, ending);
        leases.drop(lease);
        return recorded;
      }),

    release: async (lease) => transactions.write(() => leases.drop(lease)),

    finish: async (lease, { change, timeline: entries, deliveries, placements: planned, at }) =>
      transactions.write(() => {
        if (!leases.holds(lease)) return false;
        if (!uploads.finish(lease.seq, { finishedAt: at, ...change })) return false;
        for (const entry of entries) timeline.add(lease.seq, at, entry);
        timeline.add(lease.seq, at, { event: 'finished' });
        outbox.add(lease.id, deliveries, at);
        if (planned) placements.add(lease.id, planned, at);
        leases.drop(lease);
        return true;
      }),

    refuse: async (lease, { why, remembered, change = {}, at }) =>
      transactions.write(() => {
        if (!leases.holds(lease)) return false;
        const changes = { ...change, ...(remembered ? { refusal: why } : {}) };
        if (Object.keys(changes).length > 0) uploads.update(lease.seq, changes);
        timeline.add(lease.seq, at, { event: 'refused', why });
        leases.drop(lease);
        return true;
      }),
  };
}
