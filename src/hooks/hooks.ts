import { setMaxListeners } from 'node:events';
import type { Hook } from '../config/hooks/hook-schema.ts';
import type { DeliveryPlanner, Guards } from '../storage/model/events.ts';
import type { UploadStore } from '../storage/store.ts';
import { Dispatcher } from './dispatcher.ts';
import { createGuards } from './guards.ts';
import { createPlanner } from './planner.ts';
import { Progress } from './progress.ts';
import { type HookLog, Receiver } from './receiver.ts';
import { RECORDED_EVENTS } from './recorded-events.ts';

export interface HooksOptions {
  /** In the order in which "pre-" hooks are asked. */
  readonly hooks: readonly Hook[];
  /** Deliveries that run at once; every hook has an equal share of it, at least one. */
  readonly concurrency: number;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  readonly log: HookLog;
  /** The daemon's environment: programs get PATH, HOME, the locale and no more of it. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** process.kill, also for process groups. */
  readonly kill: (pid: number, signal: NodeJS.Signals) => unknown;
  /** Numbers from 0 to 1 for the jitter of repeated attempts; Math.random if not given. */
  readonly random?: () => number;
}

export interface Hooks {
  /** For UploadStore.open: what may refuse a change. Empty where no hook wants to be asked. */
  readonly guards: Guards;
  /** For UploadStore.open: the deliveries that a change causes. */
  readonly plan: DeliveryPlanner;
  /** Begins to deliver, with what an earlier run has left. */
  start(store: UploadStore): Promise<void>;
  /**
   * Begins no delivery any more, gives those that run `grace` milliseconds, then ends them (a program
   * has another two seconds until it is killed), and also whatever a request still waits for. What
   * was not recorded is sent again after the next start. Resolves when no delivery runs any more. To
   * be called together with the store's drain, and awaited before the store is closed.
   */
  stop(grace: number): Promise<void>;
}

/** Everything about hooks that a daemon needs, made before the storage is open. */
export function createHooks(options: HooksOptions): Hooks {
  const { hooks, log, now, concurrency, random = Math.random } = options;
  const receivers = hooks.map((hook) => new Receiver(hook, options));
  const told = receivers.filter((receiver) => RECORDED_EVENTS.some((e) => receiver.listensTo(e)));
  const ending = new AbortController();
  const stopping = new AbortController();
  // One listener for every attempt that runs.
  setMaxListeners(0, ending.signal, stopping.signal);
  let dispatcher: Dispatcher | undefined;
  return {
    guards: createGuards({ receivers, log, signal: ending.signal }),
    plan: createPlanner({ hooks, now }),
    async start(store) {
      const common = { now, log, concurrency, random };
      const served: Receiver[] = [];
      for (const receiver of receivers) {
        const isLeft = (await store.outbox.nextDueAt(receiver.hook.name)) !== null;
        if (isLeft || told.includes(receiver)) served.push(receiver);
      }
      const running = new Dispatcher(store.outbox, {
        ...common,
        receivers: served,
        signal: ending.signal,
      });
      running.start();
      dispatcher = running;
      const progress = new Progress({ ...common, receivers, store, signal: stopping.signal });
      store.onChange((event) => {
        running.uploadChanged();
        if (event.type === 'received') progress.received(event.record, event.caller);
        else if (told.length > 0) running.wake();
      });
    },
    async stop(grace) {
      stopping.abort();
      setTimeout(() => ending.abort(), grace).unref();
      await dispatcher?.stop();
    },
  };
}
