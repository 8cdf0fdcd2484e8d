import { ERRORS, type Lock, type Locker } from '@tus/server';
import { Fault } from '../fault.ts';
import type { Acting } from './acting.ts';
import { tusError } from './tus-error.ts';

/** What the option `locker` of @tus/server is, or returns. */
export type TusLocker = Locker;

/** How long a request waits for another one of the same upload (milliseconds). */
const WAIT = 30_000;

interface Holder {
  readonly acting: Acting;
  /** Asks @tus/server to end the request that holds the lock, within its lockDrainTimeout. */
  readonly requestRelease: () => unknown;
}

interface Waiter {
  readonly holder: Holder;
  readonly urgent: boolean;
  readonly take: () => void;
}

interface Line {
  /** One id; two when a hook has chosen another one for a new upload. */
  readonly ids: string[];
  holder: Holder;
  readonly waiters: Waiter[];
}

/**
 * Locks for @tus/server: one request of an upload at a time, in the order in which they came, and
 * without a busy wait. They are for the library's own steps (look at the offset, then write). What
 * keeps bytes apart is the right to write that the engine takes within `write` and `remove`, always
 * after the lock and never the other way round, so the two cannot wait for each other. It also holds
 * where the library gives a lock back while a write is still under way, and against other processes.
 */
export class Locks {
  readonly #lines = new Map<string, Line>();
  readonly #wait: number;

  constructor(wait = WAIT) {
    this.#wait = wait;
  }

  /** A locker for one request. An urgent one (a removal) goes before all that wait. */
  lockerFor(acting: Acting, { urgent = false } = {}): TusLocker {
    return {
      newLock: (id) => {
        let line: Line | undefined;
        return {
          lock: async (signal, requestRelease) => {
            line = await this.#take(id, { acting, requestRelease }, urgent, signal);
          },
          unlock: async () => {
            if (line) this.#release(line);
            line = undefined;
          },
        } satisfies Lock;
      },
    };
  }

  /** On whose behalf the lock of an upload is held; undefined when it is not. */
  actingOn(id: string): Acting | undefined {
    return this.#lines.get(id)?.holder.acting;
  }

  /** Whoever holds the lock of `id` holds that of `other` with it: a hook has changed the id. */
  alias(id: string, other: string): void {
    const line = this.#lines.get(id);
    if (!line || this.#lines.has(other)) return;
    line.ids.push(other);
    this.#lines.set(other, line);
  }

  async #take(id: string, holder: Holder, urgent: boolean, signal: AbortSignal): Promise<Line> {
    if (signal.aborted) throw ERRORS.ABORTED;
    const line = this.#lines.get(id);
    if (line) return this.#queue(line, holder, urgent, signal);
    const taken: Line = { ids: [id], holder, waiters: [] };
    this.#lines.set(id, taken);
    return taken;
  }

  #queue(line: Line, holder: Holder, urgent: boolean, signal: AbortSignal): Promise<Line> {
    return new Promise((resolve, reject) => {
      const leave = () => {
        clearTimeout(timer);
        signal.removeEventListener('abort', abandoned);
        const index = line.waiters.indexOf(waiter);
        if (index !== -1) line.waiters.splice(index, 1);
      };
      const abandoned = () => {
        leave();
        reject(ERRORS.ABORTED);
      };
      const timer = setTimeout(() => {
        leave();
        reject(tusError(new Fault('LOCKED', 'another request is working on this upload')));
      }, this.#wait);
      const take = () => {
        leave();
        resolve(line);
      };
      const waiter: Waiter = { holder, urgent, take };
      signal.addEventListener('abort', abandoned, { once: true });
      const first = urgent ? line.waiters.filter((one) => one.urgent).length : line.waiters.length;
      line.waiters.splice(first, 0, waiter);
      ask(line.holder);
    });
  }

  #release(line: Line): void {
    const [next] = line.waiters;
    if (!next) {
      for (const id of line.ids) this.#lines.delete(id);
      return;
    }
    line.holder = next.holder;
    next.take();
    if (line.waiters.length > 0) ask(next.holder);
  }
}

/** For requests that only read: they wait for nobody, and disturb no writer. */
export const NO_LOCK: TusLocker = {
  newLock: () => ({ lock: async () => {}, unlock: async () => {} }),
};

/** A failure of the one who is asked must not become the failure of the one who waits. */
function ask(holder: Holder): void {
  void (async () => holder.requestRelease())().catch(() => {});
}
