import { messageOf } from '../../src/fault.ts';
import type { Sample } from '../figures.ts';
import type { Sizes } from '../sizes.ts';
import type { Subject } from '../subjects/subject.ts';
import { type Outcome, toRows } from './rows.ts';
import { closeTarget, openTarget, type Target } from './target.ts';
import type { Bench, Work } from './work.ts';

export interface Rounds extends Omit<Work, 'run'> {
  /** Fewer rounds than asked for, where one takes long. */
  readonly atMost?: number;
  readonly skip?: (subject: Subject) => boolean;
  /**
   * Prepares a subject and returns what one round does. In the warm-up round, which does not count,
   * `share` is less than 1: a round may do that part of its work.
   */
  open(target: Target, sizes: Sizes): Promise<(share: number) => Promise<Sample>>;
}

interface Entrant extends Outcome {
  readonly samples: Sample[];
  target?: Target;
  round?: (share: number) => Promise<Sample>;
  error?: string;
}

const WARM_UP = 0.25;

/**
 * A work whose subjects are all up at once and take turns, so that a disk or a machine that is slower
 * for a while is slower for all of them. Each round has an order of its own: what one leaves behind
 * (free memory that a virtual machine has given back, above all) is part of what the next one costs.
 */
export function interleaved(rounds: Rounds): Work {
  return {
    ...rounds,
    async run(bench) {
      const entrants: Entrant[] = bench.subjects
        .filter((subject) => !rounds.skip?.(subject))
        .map((subject) => ({ subject, samples: [] }));
      try {
        await Promise.all(entrants.map((entrant) => attempt(entrant, () => start(entrant, bench))));
        for (const entrant of entrants) {
          await attempt(entrant, () => prepare(entrant, rounds, bench.sizes));
        }
        const counted = Math.min(bench.rounds, rounds.atMost ?? bench.rounds);
        for (let round = 0; round <= counted; round++) {
          bench.progress(
            `${rounds.name}: ${round === 0 ? 'warm-up' : `round ${round} of ${counted}`}`,
          );
          for (const entrant of shuffled(entrants)) {
            await attempt(entrant, async () => {
              const sample = await entrant.round!(round === 0 ? WARM_UP : 1);
              if (round > 0) entrant.samples.push(sample);
            });
          }
        }
      } finally {
        await Promise.all(entrants.map(leave));
      }
      return toRows(entrants);
    },
  };
}

function shuffled<T>(all: readonly T[]): T[] {
  const rest = [...all];
  const order: T[] = [];
  while (rest.length > 0) {
    order.push(...rest.splice(Math.floor(Math.random() * rest.length), 1));
  }
  return order;
}

async function start(entrant: Entrant, bench: Bench): Promise<void> {
  entrant.target = await openTarget(entrant.subject, bench);
}

async function prepare(entrant: Entrant, rounds: Rounds, sizes: Sizes): Promise<void> {
  entrant.round = await rounds.open(entrant.target!, sizes);
}

async function leave(entrant: Entrant): Promise<void> {
  const { target } = entrant;
  if (target) await attempt(entrant, () => closeTarget(target), true);
}

/** One subject that fails must not cost the others their figures. */
async function attempt(
  entrant: Entrant,
  step: () => Promise<void>,
  evenAfterError = false,
): Promise<void> {
  if (entrant.error !== undefined && !evenAfterError) return;
  try {
    await step();
  } catch (error) {
    entrant.error ??= messageOf(error);
  }
}
