import { Dispatcher } from '../../src/hooks/delivery/dispatcher.ts';
import type { Message, Transport } from '../../src/hooks/transport/attempt.ts';
import { EVENTS, type Running } from './daemon.ts';
import type { Random } from './random.ts';
import type { Process, Scheduler } from './scheduler.ts';
import { Violation } from './violation.ts';

const ORDER: readonly string[] = [EVENTS.created, EVENTS.finished, EVENTS.removed];

const NEVER = new AbortController().signal;

/** Deliveries at a time. */
const AT_ONCE = 4;
/** No clock of a run steps as far: nothing is given up (milliseconds). */
const MAX_AGE = 365 * 86_400_000;

/** A receiver of events that is sometimes down or slow. The real dispatcher sends to it. */
export class Receiver {
  /** It does not answer. */
  down = false;
  /** What came of each upload, every event once. */
  readonly #came = new Map<string, Map<string, string>>();
  readonly #scheduler: Scheduler;
  readonly #random: Random;
  readonly #violated: (violation: Violation) => void;

  constructor(scheduler: Scheduler, random: Random, violated: (violation: Violation) => void) {
    this.#scheduler = scheduler;
    this.#random = random;
    this.#violated = violated;
  }

  has(upload: string, event: string): boolean {
    return [...(this.#came.get(upload)?.values() ?? [])].includes(event);
  }

  /** A power cut has undone removals of these uploads whose events it had received. */
  undone(isThere: (upload: string) => boolean): void {
    for (const [upload, came] of this.#came) {
      if (!isThere(upload)) continue;
      for (const [id, event] of came) if (event === EVENTS.removed) came.delete(id);
    }
  }

  /** Starts the deliveries of a daemon. */
  serve({ process, engine, opened, clock }: Running, log: (message: string) => void): Dispatcher {
    const dispatcher = new Dispatcher(opened.catalog.outbox, {
      receivers: [
        {
          hook: { name: 'app', maxAgeMs: MAX_AGE },
          transport: this.#transport(process),
        },
      ],
      concurrency: AT_ONCE,
      clock,
      // The event loop has nothing else to do.
      idleTime: () => clock.elapsed(),
      log: (_level, message) => log(message),
      random: () => this.#random.next(),
      signal: NEVER,
    });
    dispatcher.start();
    engine.onChange((event) => {
      if (event.type !== 'received') dispatcher.wake();
    });
    return dispatcher;
  }

  #transport(process: Process): Transport {
    const send = async ({ event, eventId, payload }: Message) => {
      await this.#scheduler.wait(this.#scheduler.delay(), process);
      const ok = !this.down && !this.#random.chance(0.1);
      // It may have heard all the same: then its answer was lost.
      if (ok || (!this.down && this.#random.chance(0.5))) {
        this.#hear(payload().Event.Upload.ID, event, eventId);
      }
      return ok
        ? ({ ok, detail: '', answer: '' } as const)
        : ({ ok, sentence: 'it is down', why: 'failed' } as const);
    };
    return { send };
  }

  #hear(upload: string, event: string, eventId: string): void {
    const came = this.#came.get(upload) ?? new Map<string, string>();
    this.#came.set(upload, came);
    if (came.has(eventId)) return;
    const last = Math.max(-1, ...[...came.values()].map((one) => ORDER.indexOf(one)));
    if (ORDER.indexOf(event) < last) {
      this.#violated(
        new Violation('events come in order', `${upload}: ${event} after ${ORDER[last]}`),
      );
    }
    came.set(eventId, event);
  }
}
