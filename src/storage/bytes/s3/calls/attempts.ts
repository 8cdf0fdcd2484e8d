import { faultOf, isTransient } from './faults.ts';
import { ObjectStoreError } from './object-store.ts';
import { pause, type Timing } from './timing.ts';

/** A call that makes no progress for this long is given up (milliseconds). */
const SILENCE = 30_000;
/** What was stopped ends at once, or should (milliseconds). */
const GRACE = 1_000;
export const ATTEMPTS = 4;
/** Before the second attempt; each further one waits four times as long (milliseconds). */
const FIRST_PAUSE = 100;

/** Tells that a call makes progress. */
export type Alive = () => void;

export interface CallOptions {
  /** The permission that it needs, for the message. */
  readonly action: string;
  /** The longest time without progress (milliseconds). */
  readonly silence?: number;
  readonly attempts?: number;
  readonly cancel?: AbortSignal | undefined;
}

/** Makes calls that may have to be made again, and that end when no answer comes. */
export class Attempts {
  readonly #timing: Timing;

  constructor(timing: Timing) {
    this.#timing = timing;
  }

  /** Throws the Fault of the last attempt. */
  async call<T>(
    { action, silence = SILENCE, attempts = ATTEMPTS, cancel }: CallOptions,
    attempt: (signal: AbortSignal, alive: Alive) => Promise<T>,
  ): Promise<T> {
    for (let failures = 0; ; ) {
      const stop = new AbortController();
      const cancelled = () =>
        stop.abort(new ObjectStoreError('Cancelled', 'it is not needed any more'));
      cancel?.addEventListener('abort', cancelled);
      if (cancel?.aborted) cancelled();
      const alarm = this.alarm(stop, silence);
      try {
        alarm.start();
        return await this.unlessSilent(stop.signal, attempt(stop.signal, alarm.start));
      } catch (error) {
        failures += 1;
        if (failures >= attempts || !isTransient(error) || cancel?.aborted) {
          throw faultOf(error, action);
        }
      } finally {
        alarm.stop();
        cancel?.removeEventListener('abort', cancelled);
      }
      await this.pause(failures, cancel);
    }
  }

  /** Rejects when the signal aborts: a little later, if the call does not end then. */
  async unlessSilent<T>(signal: AbortSignal, work: Promise<T>): Promise<T> {
    const { setTimeout, clearTimeout } = this.#timing;
    let grace: unknown;
    let stopped = () => {};
    const silent = new Promise<never>((_, reject) => {
      stopped = () => {
        grace = setTimeout(() => reject(signal.reason), GRACE);
      };
      if (signal.aborted) stopped();
      signal.addEventListener('abort', stopped);
    });
    try {
      return await Promise.race([work, silent]);
    } catch (error) {
      // The call fails with an error of its own when it is stopped.
      throw signal.aborted ? signal.reason : error;
    } finally {
      signal.removeEventListener('abort', stopped);
      if (grace !== undefined) clearTimeout(grace);
      work.catch(() => {});
    }
  }

  /** Aborts when it was started and neither started again nor stopped in time. */
  alarm(stop: AbortController, silence = SILENCE) {
    const { setTimeout, clearTimeout } = this.#timing;
    let timer: unknown;
    const cancel = () => {
      if (timer !== undefined) clearTimeout(timer);
      timer = undefined;
    };
    const ring = () => {
      const seconds = silence / 1000;
      stop.abort(new ObjectStoreError('Timeout', `S3 was silent for ${seconds} seconds`));
    };
    return {
      start: () => {
        cancel();
        timer = setTimeout(ring, silence);
      },
      stop: cancel,
    };
  }

  /** Before the next attempt. */
  pause(failures: number, cancel?: AbortSignal): Promise<void> {
    const longest = FIRST_PAUSE * 4 ** (failures - 1);
    return pause(this.#timing, longest * (0.5 + this.#timing.random() / 2), cancel);
  }
}
