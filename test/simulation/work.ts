import { type Outcome, simulateNow } from './simulation.ts';
import { inTurn } from './turns.ts';
import type { OpenWorld } from './worlds/world.ts';

/** Runs in one turn of the event loop. */
const AT_ONCE = 24;

export interface Worked {
  readonly seeds: number;
  readonly steps: number;
  readonly failures: readonly Outcome[];
}

/**
 * Runs seeds from `first` on until there were `most`, the time is over, or `failures` of them have
 * broken a promise.
 */
export async function work(
  openWorld: OpenWorld,
  options: {
    readonly first: number;
    readonly most: number;
    /** Each so many seeds one is taken: processes share them so. */
    readonly stride?: number;
    /** Milliseconds of real time. */
    readonly time?: number;
    readonly failures?: number;
  },
): Promise<Worked> {
  const {
    first,
    most,
    stride = 1,
    time = Number.POSITIVE_INFINITY,
    failures: enough = 1,
  } = options;
  // Nobody reads where the errors come from, and there are many.
  Error.stackTraceLimit = 0;
  const ends = performance.now() + time;
  const failures: Outcome[] = [];
  let seeds = 0;
  let steps = 0;
  const some = () => {
    const until = Math.min(most, seeds + AT_ONCE);
    while (seeds < until && failures.length < enough && performance.now() < ends) {
      const outcome = simulateNow(first + stride * seeds, openWorld);
      seeds += 1;
      steps += outcome.steps;
      if (outcome.violation) failures.push(outcome);
    }
  };
  while (seeds < most && failures.length < enough && performance.now() < ends) await inTurn(some);
  return { seeds, steps, failures };
}
