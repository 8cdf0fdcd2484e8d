import { isGone, isUnfinished, type StoredUpload } from '../../model/upload.ts';
import type { Reading } from '../reading.ts';
import {
  inOrder,
  isCondemnable,
  isFolded,
  matches,
  movedBytes,
  statusTotals,
  totals,
  unfinishedTotals,
} from './memory-list.ts';
import type { MemoryState } from './memory-state.ts';

const PAGE = 500;

/** See Catalog. */
export function createReading(state: MemoryState): Reading {
  const idsOf = (wanted: (record: StoredUpload) => boolean): string[] =>
    state
      .records()
      .filter(wanted)
      .map(({ id }) => id);

  return {
    get: async (id) => state.get(id),

    async *list(query) {
      const records = state.records();
      const wanted = records.filter(
        (record) =>
          matches(record, query) &&
          !(query.foldParts && isFolded(record, records)) &&
          !(query.undelivered && !state.placements.isPending(record.id)),
      );
      const ids = inOrder(wanted, query).map(({ id }) => id);
      for (let index = 0; index < ids.length; index += PAGE) {
        yield ids.slice(index, index + PAGE).flatMap((id) => state.get(id) ?? []);
      }
    },

    async *condemnable(at) {
      const ids = idsOf((record) => isCondemnable(record, at));
      for (const id of ids) {
        const record = state.get(id);
        if (record) yield record;
      }
    },

    unfinishedRemovals: async () => state.records().filter((one) => one.state === 'removing'),
    finalsOf: async (part) => state.finalsWith(part),
    unfinished: async () => idsOf(isUnfinished),

    unfinishedButComplete: async () =>
      idsOf((record) => {
        const { kind, offset, length, refusal } = record;
        const complete = kind === 'final' || (offset === length && refusal === null);
        return isUnfinished(record) && complete;
      }),

    receivedOfParts: async ({ parts }) =>
      parts.reduce((sum, id) => sum + (state.get(id)?.offset ?? 0), 0),

    hasOwners: async () => state.records().some(({ owner }) => owner !== null),

    hasParts: async () =>
      state.records().some(({ kind, parts }) => kind === 'partial' || parts.length > 0),

    async *stored() {
      const page = state.records().filter((one) => !isGone(one) && one.movedTo === null);
      if (page.length > 0) yield page;
    },

    known: async (ids) =>
      new Set(ids.filter((id) => (state.get(id)?.state ?? 'removed') !== 'removed')),

    idsBeginningWith: async (prefix, limit) =>
      idsOf(({ id }) => id.startsWith(prefix))
        .toSorted()
        .slice(0, limit),

    async timeline({ id, seq }) {
      const row = state.rows.get(id);
      return row?.record.seq === seq ? [...row.timeline] : [];
    },

    totals: async () => totals(state.records()),
    statusTotals: async (at, owner) => statusTotals(state.records(), at, owner),
    movedBytes: async (owner) => movedBytes(state.records(), owner),
    unfinishedTotals: async (at) => unfinishedTotals(state.records(), at),
  };
}
