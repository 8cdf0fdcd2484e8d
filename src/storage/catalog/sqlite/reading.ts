import type { StoredUpload } from '../../model/upload.ts';
import type { Reading } from '../reading.ts';
import { catalogFault } from './file/database.ts';
import type { Tables } from './tables/tables.ts';
import type { Work } from './work.ts';

/** See Catalog. `file` is named in errors from SQLite. */
export function createReading(
  { tables, transactions }: Pick<Work, 'tables' | 'transactions'>,
  file: string,
): Reading {
  const { uploads, queries, timeline } = tables;
  const bySeq = async (find: (from: Tables['queries']) => number[]): Promise<StoredUpload[]> =>
    transactions.read(() => find(queries).flatMap((seq) => uploads.getBySeq(seq) ?? []));

  return {
    get: async (id) => transactions.read(() => uploads.get(id)),

    async *list(query) {
      try {
        yield* queries.list(query);
      } catch (error) {
        throw catalogFault(error, file);
      }
    },

    async *condemnable({ now, idleSince, finishedBefore }) {
      const found = transactions.read(() => [
        ...queries.expiredBy(now),
        ...(idleSince === null ? [] : queries.idleSince(idleSince)),
        ...(finishedBefore === null ? [] : queries.finishedBefore(finishedBefore)),
      ]);
      for (const seq of new Set(found)) {
        const record = transactions.read(() => uploads.getBySeq(seq));
        if (record) yield record;
      }
    },

    unfinishedRemovals: () => bySeq((from) => from.removing()),
    finalsOf: (part) => bySeq((from) => from.finalsOf(part)),
    unfinished: async () => transactions.read(() => queries.unfinished()),
    unfinishedButComplete: async () => transactions.read(() => queries.unfinishedButComplete()),
    receivedOfParts: async ({ seq }) => transactions.read(() => queries.receivedOfParts(seq)),
    hasParts: async () => transactions.read(() => queries.hasParts()),
    hasOwners: async () => transactions.read(() => queries.hasOwners()),

    async *stored() {
      for (let after = -1; ; ) {
        const page = transactions.read(() => queries.stored(after));
        if (page.length === 0) return;
        yield page;
        after = page.at(-1)!.seq;
      }
    },

    known: async (ids) => transactions.read(() => queries.known(ids)),
    idsBeginningWith: async (prefix, limit) =>
      transactions.read(() => queries.idsBeginningWith(prefix, limit)),
    timeline: async ({ seq }) => transactions.read(() => timeline.of(seq)),
    totals: async () => transactions.read(() => queries.totals()),
    statusTotals: async (at, owner) => transactions.read(() => queries.statusTotals(at, owner)),
    movedBytes: async (owner) => transactions.read(() => queries.movedBytes(owner)),
    unfinishedTotals: async (at) => transactions.read(() => queries.unfinishedTotals(at)),
  };
}
