import type { Running } from './daemon.ts';
import type { Scheduler } from './scheduler.ts';

/** What a client sees of a daemon that is not there, or that ends before it answers. */
export class ConnectionLost extends Error {}

// They happen a thousand times a second, and all are the same.
const NO_DAEMON = new ConnectionLost('no daemon');
const RESET = new ConnectionLost('reset');

/** Requests of clients to the daemon that serves, if one does. */
export class Network {
  readonly #scheduler: Scheduler;
  readonly #daemon: () => Running | undefined;

  constructor(scheduler: Scheduler, daemon: () => Running | undefined) {
    this.#scheduler = scheduler;
    this.#daemon = daemon;
  }

  /**
   * Has the daemon do `work`. `answered` is called in the moment in which the daemon answers, before
   * its client learns of it. Rejects with ConnectionLost, or with what `work` throws.
   */
  request<T>(
    work: (daemon: Running) => Promise<T>,
    answered: (result: T) => void = () => {},
  ): Promise<T> {
    const scheduler = this.#scheduler;
    return new Promise((resolve, reject) => {
      scheduler.after(scheduler.delay(), null, () => {
        const daemon = this.#daemon();
        let settled = false;
        const settle = (tell: () => void) => {
          if (settled) return;
          settled = true;
          scheduler.after(scheduler.delay(), null, tell);
        };
        if (!daemon?.serving) {
          settle(() => reject(NO_DAEMON));
          return;
        }
        daemon.process.onEnd(() => settle(() => reject(RESET)));
        daemon.engine
          .run(() => work(daemon))
          .then(
            (result) => {
              if (!settled) answered(result);
              settle(() => resolve(result));
            },
            (error) => settle(() => reject(error)),
          );
      });
    });
  }
}
