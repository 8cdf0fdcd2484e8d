import type { Running } from './daemon.ts';
import type { Random } from './random.ts';
import type { Scheduler } from './scheduler.ts';

/** What a client sees of a daemon that is not there, or that ends before it answers. */
export class ConnectionLost extends Error {}

// They happen a thousand times a second, and all are the same.
const NO_DAEMON = new ConnectionLost('no daemon');
const RESET = new ConnectionLost('reset');

/** Requests of clients to the daemons that serve. */
export class Network {
  readonly #scheduler: Scheduler;
  readonly #daemons: readonly (Running | undefined)[];
  readonly #balancer: Random;
  readonly #sticky: boolean;

  /** `sticky`: a client always meets the same daemon, while that one answers. */
  constructor(
    scheduler: Scheduler,
    daemons: readonly (Running | undefined)[],
    { balancer, sticky }: { readonly balancer: Random; readonly sticky: boolean },
  ) {
    this.#scheduler = scheduler;
    this.#daemons = daemons;
    this.#balancer = balancer;
    this.#sticky = sticky;
  }

  /**
   * Has a daemon do `work` for a client. `answered` is called in the moment in which the daemon answers, before
   * its client learns of it. Rejects with ConnectionLost, or with what `work` throws.
   */
  request<T>(
    client: number,
    work: (daemon: Running) => Promise<T>,
    answered: (result: T) => void = () => {},
  ): Promise<T> {
    const scheduler = this.#scheduler;
    return new Promise((resolve, reject) => {
      scheduler.after(scheduler.delay(), null, () => {
        const daemon = this.#chosen(client);
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

  /** Where a balancer sends a request: mostly to one that answers. */
  #chosen(client: number): Running | undefined {
    if (this.#daemons.length === 1) return this.#daemons[0];
    const random = this.#balancer;
    const usual = this.#daemons[client % this.#daemons.length];
    if (this.#sticky && usual && this.#isAwake(usual)) return usual;
    const running = this.#daemons.filter((daemon) => daemon !== undefined);
    const awake = running.filter((daemon) => this.#isAwake(daemon));
    const among = awake.length > 0 && random.chance(0.9) ? awake : running;
    return among.length > 0 ? random.pick(among) : undefined;
  }

  #isAwake({ serving, process }: Running): boolean {
    return serving && process.pausedUntil <= this.#scheduler.time;
  }
}
