import type { Outbox } from '../../storage/store.ts';
import { DAY } from '../../text/span.ts';
import type { HookLog } from '../receiver.ts';

const LOOK_EVERY = 600_000;
/** How long events are kept for a hook that is no longer configured (milliseconds). */
const KEPT = DAY;
const AT_ONCE = 500;

/**
 * Events for hooks that are no longer configured: logs them, keeps them for a day, then gives up.
 */
export class Stranded {
  readonly #outbox: Outbox;
  readonly #configured: ReadonlySet<string>;
  readonly #log: HookLog;
  #nextLook = 0;
  #hooks: string[] = [];

  constructor(outbox: Outbox, configured: readonly string[], log: HookLog) {
    this.#outbox = outbox;
    this.#configured = new Set(configured);
    this.#log = log;
  }

  /** Call periodically with the time (milliseconds since the epoch). */
  async look(now: number): Promise<void> {
    const clockWasSetBack = now < this.#nextLook - LOOK_EVERY;
    if (now >= this.#nextLook || clockWasSetBack) await this.#find(now);
    const [hook] = this.#hooks;
    if (hook === undefined) return;
    const seqs = await this.#outbox.waiting(hook, now - KEPT, AT_ONCE);
    if (seqs.length < AT_ONCE) this.#hooks.shift();
    const error = 'no hook of this name is configured any more';
    await this.#outbox.settle(
      seqs.map((seq) => ({ seq, state: 'dead', error, attempted: false })),
      now,
    );
  }

  async #find(now: number): Promise<void> {
    const first = this.#nextLook === 0;
    this.#nextLook = now + LOOK_EVERY;
    const counts = await this.#outbox.counts();
    const waiting = counts.filter(
      ({ hook, pending, failing }) => pending + failing > 0 && !this.#configured.has(hook),
    );
    this.#hooks = waiting.map(({ hook }) => hook);
    if (!first) return;
    for (const { hook, pending, failing } of waiting) {
      const count = pending + failing;
      const events = count === 1 ? '1 event waits' : `${count} events wait`;
      this.#log('warn', `${events} for the hook ${hook}, which is not configured any more`);
    }
  }
}
