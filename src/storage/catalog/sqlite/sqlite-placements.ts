import type { PlacementOutcome } from '../../model/placement.ts';
import type { Placements } from '../placements.ts';
import type { Work } from './work.ts';

/** See Placements: every method is one transaction or one query. */
export function createPlacements(work: Work): Placements {
  const { tables, transactions } = work;
  const { placements, uploads } = tables;
  return {
    add: async (upload, added, at) =>
      transactions.write(() =>
        uploads.get(upload)?.state === 'finished' ? placements.add(upload, added, at) : 0,
      ),
    due: async (at, limit) => transactions.read(() => placements.due(at, limit)),
    nextDueAt: async () => transactions.read(() => placements.nextDueAt()),
    begin: async (seq, intent) => void transactions.write(() => placements.update(seq, { intent })),
    settle: async (seq, outcome, at) => transactions.write(() => settle(work, seq, outcome, at)),
    tidied: async (seq) =>
      void transactions.write(() => placements.update(seq, { intent: null, next_at: null })),
    postpone: async (seq, nextAt) =>
      void transactions.write(() => placements.update(seq, { next_at: nextAt })),
    retry: async (seq, at) => transactions.write(() => retry(work, seq, at)),
    retryFailing: async (after, limit, at) =>
      transactions.write(() => {
        const seqs = placements.failing(after, limit);
        for (const seq of seqs) retry(work, seq, at);
        return seqs;
      }),
    abandon: async (rules, why, at) => transactions.write(() => placements.abandon(rules, why, at)),
    get: async (seq) => transactions.read(() => placements.get(seq)),
    list: async (query) => transactions.read(() => placements.list(query)),
    counts: async () => transactions.read(() => placements.counts()),
  };
}

function settle({ tables }: Work, seq: number, outcome: PlacementOutcome, at: number): boolean {
  const { placements, uploads, timeline, outbox } = tables;
  const placement = placements.get(seq);
  if (placement?.state !== 'pending') return false;
  switch (outcome.state) {
    case 'pending':
      return placements.update(seq, {
        attempts: placement.attempts + 1,
        next_at: outcome.nextAt,
        last_error: outcome.error,
      });
    case 'skipped':
      return placements.update(seq, {
        state: 'skipped',
        next_at: null,
        done_at: at,
        last_error: outcome.why,
      });
    case 'placed': {
      const { path, movedTo, deliveries } = outcome;
      const record = uploads.get(placement.upload);
      if (record?.state !== 'finished') return false;
      if (movedTo) uploads.update(record.seq, { movedTo });
      timeline.add(record.seq, at, { event: 'delivered', rule: placement.rule, path });
      outbox.add(record.id, deliveries, at);
      return placements.update(seq, {
        state: 'placed',
        path,
        next_at: at,
        done_at: at,
        last_error: null,
      });
    }
  }
}

function retry({ tables }: Work, seq: number, at: number): boolean {
  const placement = tables.placements.get(seq);
  if (!placement || placement.state === 'placed') return false;
  return tables.placements.update(seq, {
    state: 'pending',
    attempts: 0,
    next_at: at,
    done_at: null,
  });
}
