import { Cron } from 'croner';
import { Fault, messageOf } from '../fault.ts';

/** Throws CONFIG when the scheduler does not accept a cron pattern, or it would never fire. */
export function checkPattern(pattern: string | null): void {
  if (pattern === null) return;
  let next: Date | null;
  try {
    next = new Cron(pattern, { paused: true, mode: '5-or-6-parts' }).nextRun();
  } catch (error) {
    const why = messageOf(error).replace(/^\w+: /, '');
    throw new Fault('CONFIG', `cleanupSchedule is not a cron pattern: ${why}`, {
      hint: 'Write 5 fields (minute hour day month weekday), such as "0 * * * *", or "never".',
      cause: error,
    });
  }
  if (next === null) {
    throw new Fault('CONFIG', `the cleanupSchedule ${JSON.stringify(pattern)} would never fire`, {
      hint: 'To switch the schedule off, write "never".',
    });
  }
}

/** Runs a task at the times of a cron pattern (local time); runs never overlap. */
export class Schedule {
  #job: Cron | undefined;
  #running: Promise<void> | undefined;
  #stopping: AbortController | undefined;

  /**
   * Starts the schedule; a null pattern never runs. `run` gets a signal that aborts when the
   * schedule stops; its errors go to `onError` and the schedule continues. Times that occur during
   * a run are skipped.
   */
  start(
    pattern: string | null,
    run: (signal: AbortSignal) => Promise<void>,
    onError: (error: unknown) => void,
  ): void {
    checkPattern(pattern);
    if (pattern === null) return;
    const stopping = new AbortController();
    this.#stopping = stopping;
    const once = async () => {
      try {
        await run(stopping.signal);
      } catch (error) {
        onError(error);
      }
    };
    const options = { protect: true, unref: true, mode: '5-or-6-parts' } as const;
    this.#job = new Cron(pattern, options, () => {
      this.#running = once().finally(() => {
        this.#running = undefined;
      });
      return this.#running;
    });
  }

  /** The time of the next run, or null if there is none. */
  nextRun(): Date | null {
    return this.#job?.nextRun() ?? null;
  }

  /** Starts no more runs, aborts the current one and resolves when it has ended. */
  async stop(): Promise<void> {
    this.#job?.stop();
    this.#stopping?.abort();
    await this.#running;
  }
}
