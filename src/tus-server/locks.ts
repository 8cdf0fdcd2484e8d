import { ERRORS, type Lock, type Locker } from '@tus/server';
import { Fault } from '../fault.ts';
import type { Acting } from './acting.ts';
import { tusError } from './tus-error.ts';

/** The type of the option `locker` of @tus/server, or of its result. */
export type TusLocker = Locker;

/** How long a request waits for another request of the same upload (milliseconds). */
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
  /** One id, or two if a hook has changed the id of a new upload. */
  readonly ids: string[];
  holder: Holder;
  readonly waiters: Waiter[];
}

/**
 * Locks for @tus/server: one request per upload at a time, in order of arrival, without polling.
 * They protect the library's own steps (read the offset, then write). The bytes are protected by
 * the lease that the engine takes within `write` and `remove`. It is always taken after the lock,
 * so the two cannot deadlock. It also protects when the library releases a lock during a write, and
 * against other processes.
 */
export class Locks {
  readonly #lines = new Map<string, Line>();
  readonly #wait: number;

  constructor(wait = WAIT) {
    this.#wait = wait;
  }

  /** A locker for one request. An urgent request (a removal) goes ahead of all waiting ones. */
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

  /** The request that holds the lock of an upload; undefined if it is not locked. */
  actingOn(id: string): Acting | undefined {
    return this.#lines.get(id)?.holder.acting;
  }

  /** Extends the lock of `id` to `other`: a hook has changed the id. */
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

/** For requests that only read: they do not wait, and do not interrupt a writer. */
export const NO_LOCK: TusLocker = {
  newLock: () => ({ lock: async () => {}, unlock: async () => {} }),
};

/** An error of the current holder must not become an error of the waiting request. */
function ask(holder: Holder): void {
  void (async () => holder.requestRelease())().catch(() => {});
}
