import type { Outbox } from '../../../src/storage/catalog/outbox.ts';
import type { Records } from '../catalog/records.ts';
import { simulatedOutbox } from '../catalog/simulated-outbox.ts';
import type { UnitsOfWork } from '../catalog/units-of-work.ts';
import type { Database } from './database.ts';

/** The simulated outbox where several daemons send from it: what one has claimed no other sends. */
export function sharedOutbox(work: UnitsOfWork, owner: string, database: Database): Outbox {
  const isOthers = (records: Records, seq: number) => {
    const claimer = records.claims.get(seq);
    if (claimer === undefined || claimer === owner) return false;
    return records.isAlive(claimer, database.now());
  };
  const due = async (records: Records, hook: string, at: number) => {
    const all = await records.outbox.claim(hook, at, Number.POSITIVE_INFINITY);
    return all.filter(({ seq }) => !isOthers(records, seq));
  };
  const unit = async <T>(run: (records: Records) => Promise<T>): Promise<T> => {
    const { answer } = await work.write((records) => ({ answer: run(records) }));
    return answer;
  };
  return {
    ...simulatedOutbox(work),
    claim: (hook, at, limit) =>
      unit(async (records) => {
        const claimed = (await due(records, hook, at)).slice(0, limit);
        for (const { seq } of claimed) records.claims.set(seq, owner);
        return claimed;
      }),
    nextDueAt: (hook) =>
      unit(async (records) => {
        const all = await due(records, hook, Number.POSITIVE_INFINITY);
        return all.reduce<number | null>((least, { nextAt }) => {
          if (nextAt === null) return least;
          return least === null ? nextAt : Math.min(least, nextAt);
        }, null);
      }),
    settle: (settlements, at) =>
      unit(async (records) => {
        const mine = settlements.filter(({ seq }) => !isOthers(records, seq));
        for (const { seq } of mine) records.claims.delete(seq);
        await records.outbox.settle(mine, at);
      }),
  };
}
