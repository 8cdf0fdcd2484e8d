import type { Random } from './random.ts';
import type { Process, Scheduler } from './scheduler.ts';

/** Probability that the answer comes in a step of its own. */
const LATE = 0.1;

/**
 * How a process acts on the world: an effect happens in a step of its own, some time after it was
 * asked for, and its answer comes with it or in a later step. A process that ends in between has
 * changed the world and does not know.
 */
export class Effects {
  readonly scheduler: Scheduler;
  readonly process: Process;
  readonly random: Random;

  constructor(scheduler: Scheduler, process: Process, random: Random) {
    this.scheduler = scheduler;
    this.process = process;
    this.random = random;
  }

  /**
   * `kind` says what it is: some kinds are slow in some runs. What the effect throws is turned by
   * `faultOf` into what the caller gets.
   */
  do<T>(kind: string, effect: () => T, faultOf: (error: unknown) => unknown = asItIs): Promise<T> {
    const { scheduler, process, random } = this;
    return new Promise((resolve, reject) => {
      scheduler.after(scheduler.delayOf(kind), process, () => {
        let result: T;
        try {
          result = effect();
        } catch (error) {
          reject(faultOf(error));
          return;
        }
        if (random.next() < LATE)
          scheduler.after(scheduler.delay(), process, () => resolve(result));
        else resolve(result);
      });
    });
  }
}

function asItIs(error: unknown): unknown {
  return error;
}
