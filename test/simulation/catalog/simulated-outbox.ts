import type { Outbox } from '../../../src/storage/catalog/outbox.ts';
import type { Unit } from './journal.ts';
import type { UnitsOfWork } from './units-of-work.ts';

/** The outbox of the simulated catalog: the one in memory, each call as a unit of work. */
export function simulatedOutbox(work: UnitsOfWork): Outbox {
  // The outbox in memory is synchronous inside, and answers with a promise.
  const later = async <T>(question: Unit<Promise<T>>): Promise<T> => {
    const { answer } = await work.read((records) => ({ answer: question(records) }));
    return answer;
  };
  const writeLater = async <T>(unit: Unit<Promise<T>>): Promise<T> => {
    const { answer } = await work.write((records) => ({ answer: unit(records) }));
    return answer;
  };
  return {
    add: (upload, deliveries, at) => writeLater(({ outbox }) => outbox.add(upload, deliveries, at)),
    claim: (hook, at, limit) => later(({ outbox }) => outbox.claim(hook, at, limit)),
    nextDueAt: (hook) => later(({ outbox }) => outbox.nextDueAt(hook)),
    settle: (settlements, at) => writeLater(({ outbox }) => outbox.settle(settlements, at)),
    waiting: (hook, before, limit) => later(({ outbox }) => outbox.waiting(hook, before, limit)),
    hurry: (hook, at, limit) => writeLater(({ outbox }) => outbox.hurry(hook, at, limit)),
    retry: (seq, at) => writeLater(({ outbox }) => outbox.retry(seq, at)),
    retryFailed: (after, limit, at) =>
      writeLater(({ outbox }) => outbox.retryFailed(after, limit, at)),
    get: (seq) => later(({ outbox }) => outbox.get(seq)),
    list: (query) => later(({ outbox }) => outbox.list(query)),
    counts: () => later(({ outbox }) => outbox.counts()),
    forgetDone: (before, limit) => writeLater(({ outbox }) => outbox.forgetDone(before, limit)),
  };
}
