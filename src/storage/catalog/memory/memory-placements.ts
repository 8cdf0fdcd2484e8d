import {
  type PlacementCounts,
  type PlacementOutcome,
  placementStatus,
} from '../../model/placement.ts';
import type { Placements } from '../placements.ts';
import type { MemoryOutbox } from './memory-outbox.ts';
import { addEntry, type Row as UploadRow } from './memory-state.ts';
import type { PlacementRows, PlacementRow as Row } from './placement-rows.ts';

/** The tables that a placement touches. */
interface Tables {
  readonly rows: ReadonlyMap<string, UploadRow>;
  readonly outbox: MemoryOutbox;
  readonly placements: PlacementRows;
}

/** See Placements. Synchronous inside. */
export function createPlacements(tables: Tables): Placements {
  const { placements } = tables;
  const all = () => [...placements.rows.values()];
  const set = (seq: number, change: Partial<Row>) => {
    Object.assign(placements.rows.get(seq) ?? {}, change);
  };
  return {
    add: async (upload, added, at) =>
      tables.rows.get(upload)?.record.state === 'finished' ? placements.add(upload, added, at) : 0,

    async due(at, limit) {
      return all()
        .filter(({ nextAt }) => nextAt !== null && nextAt <= at)
        .filter((row) => !(row.last && row.state === 'pending' && hasEarlier(placements, row)))
        .toSorted((a, b) => a.nextAt! - b.nextAt! || a.seq - b.seq)
        .slice(0, limit)
        .map((row) => ({ ...row }));
    },

    async nextDueAt() {
      const times = all().flatMap(({ nextAt }) => nextAt ?? []);
      return times.length === 0 ? null : Math.min(...times);
    },

    begin: async (seq, intent) => set(seq, { intent }),
    settle: async (seq, outcome, at) => settle(tables, seq, outcome, at),
    tidied: async (seq) => set(seq, { intent: null, nextAt: null }),
    postpone: async (seq, nextAt) => set(seq, { nextAt }),
    retry: async (seq, at) => placements.retry(seq, at),

    async retryFailing(after, limit, at) {
      const failing = all().filter(
        ({ seq, state, attempts }) => seq > after && state === 'pending' && attempts > 0,
      );
      const seqs = failing.slice(0, limit).map(({ seq }) => seq);
      for (const seq of seqs) placements.retry(seq, at);
      return seqs;
    },

    async abandon(rules, why, at) {
      const left = all().filter(({ state, rule }) => state === 'pending' && !rules.includes(rule));
      for (const row of left) {
        Object.assign(row, { state: 'skipped', nextAt: null, doneAt: at, lastError: why });
      }
      return left.length;
    },

    async get(seq) {
      const row = placements.rows.get(seq);
      return row && { ...row };
    },

    async list({ statuses, rule, upload, limit = 100 }) {
      return all()
        .filter((row) => statuses?.includes(placementStatus(row)) ?? true)
        .filter((row) => row.rule === (rule ?? row.rule) && row.upload === (upload ?? row.upload))
        .toReversed()
        .slice(0, limit)
        .map((row) => ({ ...row }));
    },

    async counts() {
      const counts = new Map<
        string,
        { -readonly [K in keyof PlacementCounts]: PlacementCounts[K] }
      >();
      for (const { rule, state, attempts, createdAt } of all()) {
        if (state !== 'pending') continue;
        const count = counts.get(rule) ?? { rule, pending: 0, failing: 0, oldestAt: createdAt };
        count[attempts > 0 ? 'failing' : 'pending'] += 1;
        count.oldestAt = Math.min(count.oldestAt, createdAt);
        counts.set(rule, count);
      }
      return [...counts.values()].toSorted((a, b) => (a.rule < b.rule ? -1 : 1));
    },
  };
}

function hasEarlier(placements: PlacementRows, { upload, seq }: Row): boolean {
  return placements.of(upload).some((row) => row.seq < seq && row.state === 'pending');
}

function settle(
  { rows, outbox, placements }: Tables,
  seq: number,
  outcome: PlacementOutcome,
  at: number,
): boolean {
  const row = placements.rows.get(seq);
  if (row?.state !== 'pending') return false;
  if (outcome.state === 'pending') {
    row.attempts += 1;
    row.nextAt = outcome.nextAt;
    row.lastError = outcome.error;
    return true;
  }
  if (outcome.state === 'skipped') {
    Object.assign(row, { state: 'skipped', nextAt: null, doneAt: at, lastError: outcome.why });
    return true;
  }
  const { path, movedTo, deliveries } = outcome;
  const upload = rows.get(row.upload);
  if (upload?.record.state !== 'finished') return false;
  if (movedTo) upload.record = { ...upload.record, movedTo };
  addEntry(upload, at, { event: 'delivered', rule: row.rule, path });
  outbox.insert(row.upload, deliveries, at);
  Object.assign(row, { state: 'placed', path, nextAt: at, doneAt: at, lastError: null });
  return true;
}
