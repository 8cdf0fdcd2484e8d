import { Cron } from 'croner';
import { Fault, messageOf } from '../fault.ts';

/** Throws CONFIG when the scheduler does not understand a cron pattern, or it would never fire. */
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

/** Runs something at the times of a cron pattern (local time), never twice at once. */
export class Schedule {
  #job: Cron | undefined;
  #running: Promise<void> | undefined;
  #stopping: AbortController | undefined;

  /**
   * Begins. null never runs anything. `run` gets a signal that aborts when the schedule stops; what
   * it throws goes to `onError` and the schedule goes on. A time that comes while the run before is
   * still going is left out.
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

  /** When it runs next, or null when it does not. */
  nextRun(): Date | null {
    return this.#job?.nextRun() ?? null;
  }

  /** Runs nothing more, and resolves when what is running has ended. */
  async stop(): Promise<void> {
    this.#job?.stop();
    this.#stopping?.abort();
    await this.#running;
  }
}
