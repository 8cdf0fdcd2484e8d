import type { Moment } from './clock.ts';
import type { Counter } from './counters.ts';
import { creationWait } from './creation-rate.ts';
import { tooManyCreations } from './refusals.ts';

/** A subject's limit, and what counts against it. */
export interface Quota {
  readonly limit: number;
  readonly counter: Counter;
}

/** The counters are not in use any more. */
export function release(quotas: readonly Quota[]): void {
  for (const { counter } of quotas) counter.uses -= 1;
}

/** Throws LIMITED when one more creation is too much for one of them. */
export function assertRate(creations: readonly Quota[], moment: Moment): void {
  const waits = creations.map(({ limit, counter }) => {
    const count = counter.sum(moment.bucket);
    return creationWait(limit, counter.before, count, moment);
  });
  const wait = Math.max(0, ...waits);
  if (wait > 0) throw tooManyCreations(wait);
}
