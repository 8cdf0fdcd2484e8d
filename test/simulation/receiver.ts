import type { Running } from './daemon.ts';
import type { Random } from './random.ts';
import type { Scheduler } from './scheduler.ts';
import { Violation } from './violation.ts';

const ORDER = ['created', 'finished', 'removed'];
const RETRY = 2_000;
/** How often it is looked for events when none waits (milliseconds). */
const QUIET = 1_000;

/** A receiver of events that is sometimes down or slow, and the sending of a daemon to it. */
export class Receiver {
  /** It does not answer. */
  down = false;
  /** What came of each upload, every event once. */
  readonly #came = new Map<string, Map<string, string>>();
  readonly #scheduler: Scheduler;
  readonly #random: Random;

  constructor(scheduler: Scheduler, random: Random) {
    this.#scheduler = scheduler;
    this.#random = random;
  }

  has(upload: string, event: string): boolean {
    return [...(this.#came.get(upload)?.values() ?? [])].includes(event);
  }

  /** Sends what is due for as long as the daemon lives. */
  async serve({ process, engine, opened }: Running): Promise<void> {
    const { outbox } = opened.catalog;
    const { now } = engine.context;
    while (process.alive) {
      const due = await outbox.claim('app', now(), 4).catch(() => []);
      for (const { seq, upload, event, eventId } of due) {
        await this.#scheduler.wait(this.#scheduler.delay(), process);
        const ok = !this.down && !this.#random.chance(0.1);
        // It may have heard all the same: then its answer was lost.
        if (ok || this.#random.chance(0.5)) this.#hear(upload, event, eventId);
        const settled = ok
          ? ({ seq, state: 'delivered' } as const)
          : ({
              seq,
              state: 'pending',
              error: 'down',
              startedAt: now(),
              nextAt: now() + RETRY,
            } as const);
        await outbox.settle([settled], now()).catch(() => {});
      }
      const next = due.length > 0 ? null : await outbox.nextDueAt('app').catch(() => null);
      const wait = next === null ? QUIET : Math.min(RETRY, Math.max(20, next - now()));
      if (due.length === 0) await this.#scheduler.wait(wait, process);
    }
  }

  #hear(upload: string, event: string, eventId: string): void {
    if (this.down) return;
    const came = this.#came.get(upload) ?? new Map<string, string>();
    this.#came.set(upload, came);
    if (came.has(eventId)) return;
    const last = Math.max(-1, ...[...came.values()].map((one) => ORDER.indexOf(one)));
    if (ORDER.indexOf(event) < last) {
      throw new Violation('events come in order', `${upload}: ${event} after ${ORDER[last]}`);
    }
    came.set(eventId, event);
  }
}
