import { createPlacements } from '../../../src/storage/catalog/memory/memory-placements.ts';
import type { Placements } from '../../../src/storage/catalog/placements.ts';
import type { UnitsOfWork } from './units-of-work.ts';

/** The placements of the simulated catalog: those in memory, each call as a unit of work. */
export function simulatedPlacements(work: UnitsOfWork): Placements {
  // Those in memory are synchronous inside, and answer with a promise.
  const read = async <T>(question: (from: Placements) => Promise<T>): Promise<T> => {
    const { answer } = await work.read((tables) => ({
      answer: question(createPlacements(tables)),
    }));
    return answer;
  };
  const write = async <T>(unit: (from: Placements) => Promise<T>): Promise<T> => {
    const { answer } = await work.write((tables) => ({ answer: unit(createPlacements(tables)) }));
    return answer;
  };
  return {
    add: (upload, added, at) => write((from) => from.add(upload, added, at)),
    due: (at, limit) => read((from) => from.due(at, limit)),
    nextDueAt: () => read((from) => from.nextDueAt()),
    begin: (seq, intent) => write((from) => from.begin(seq, intent)),
    settle: (seq, outcome, at) => write((from) => from.settle(seq, outcome, at)),
    tidied: (seq) => write((from) => from.tidied(seq)),
    postpone: (seq, nextAt) => write((from) => from.postpone(seq, nextAt)),
    retry: (seq, at) => write((from) => from.retry(seq, at)),
    retryFailing: (after, limit, at) => write((from) => from.retryFailing(after, limit, at)),
    abandon: (rules, why, at) => write((from) => from.abandon(rules, why, at)),
    get: (seq) => read((from) => from.get(seq)),
    list: (query) => read((from) => from.list(query)),
    counts: () => read((from) => from.counts()),
  };
}
