import { setMaxListeners } from 'node:events';
import type { Hook } from '../config/hooks/hook-schema.ts';
import type { DeliveryPlanner, Guards } from '../storage/model/events.ts';
import type { UploadStore } from '../storage/store.ts';
import { Dispatcher } from './delivery/dispatcher.ts';
import { createGuards } from './guards.ts';
import { createPlanner } from './planner.ts';
import { type AskForAccess, createAskForAccess } from './pre-access.ts';
import { Progress } from './progress.ts';
import { type HookLog, Receiver } from './receiver.ts';
import { RECORDED_EVENTS } from './recorded-events.ts';

export interface HooksOptions {
  /** In the order in which "pre-" hooks are called. */
  readonly hooks: readonly Hook[];
  /** The most deliveries at once; each hook gets an equal share, at least one. */
  readonly concurrency: number;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  readonly log: HookLog;
  /** The daemon's environment: programs get only PATH, HOME, the locale and the like. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** process.kill, which also accepts process groups. */
  readonly kill: (pid: number, signal: NodeJS.Signals) => unknown;
  /** Returns numbers from 0 to 1 for the jitter of retries; default: Math.random. */
  readonly random?: () => number;
}

export interface Hooks {
  /**
   * For UploadStore.open: hooks that may refuse a change. Empty when no hook is configured for
   * that.
   */
  readonly guards: Guards;
  /** Asks about each request before anything else; null when no hook is configured for that. */
  readonly askForAccess: AskForAccess | null;
  /** For UploadStore.open: plans the deliveries that a change causes. */
  readonly plan: DeliveryPlanner;
  /** Starts delivering, beginning with rows left by an earlier run. */
  start(store: UploadStore): Promise<void>;
  /**
   * Starts no more deliveries, gives the running ones `grace` milliseconds, then aborts them (a
   * program is killed two seconds later) together with the hooks that requests wait for. Unrecorded
   * deliveries are sent again after the next start. Resolves when no delivery runs any more. Call
   * it together with the store's drain, and await it before closing the store.
   */
  stop(grace: number): Promise<void>;
}

/** Everything about hooks that a daemon needs; created before the storage is opened. */
export function createHooks(options: HooksOptions): Hooks {
  const { hooks, log, now, concurrency, random = Math.random } = options;
  const receivers = hooks.map((hook) => new Receiver(hook, options));
  const told = receivers.filter((receiver) => RECORDED_EVENTS.some((e) => receiver.listensTo(e)));
  const ending = new AbortController();
  const stopping = new AbortController();
  // Every running attempt adds a listener.
  setMaxListeners(0, ending.signal, stopping.signal);
  let dispatcher: Dispatcher | undefined;
  const asking = { receivers, log, signal: ending.signal };
  return {
    guards: createGuards(asking),
    askForAccess: createAskForAccess(asking),
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
