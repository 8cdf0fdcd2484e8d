import { setMaxListeners } from 'node:events';
import type { Hook } from '../config/hooks/hook-schema.ts';
import { messageOf } from '../fault.ts';
import type { DeliveryPlanner, Guards } from '../storage/model/events.ts';
import type { UploadStore } from '../storage/store.ts';
import { createHookSet, type HookSet, type HooksOptions } from './hook-set.ts';
import type { AskForAccess } from './pre-access.ts';

const GUARDS = ['beforeCreate', 'beforeFinish', 'beforeRemove'] as const satisfies (keyof Guards)[];

/** The pause before hooks are started again after a failure (milliseconds). */
const RETRY = 1_000;

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
   * Serves other hooks from now on. Deliveries that are running end first, with the hooks that they
   * began with; the others wait for that, and nothing is lost.
   */
  replace(hooks: readonly Hook[], concurrency: number): void;
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
  const ending = new AbortController();
  // Every running attempt adds a listener.
  setMaxListeners(0, ending.signal);
  const guards: Guards = {};
  let set = createHookSet(options, ending.signal);
  Object.assign(guards, set.guards);
  let store: UploadStore | undefined;
  let replacing = Promise.resolve();
  let stopped = false;
  return {
    guards,
    get askForAccess() {
      return set.askForAccess;
    },
    plan: (change, place) => set.plan(change, place),
    async start(served) {
      store = served;
      await set.start(served);
      served.onChange((event) => set.changed(event));
    },
    replace(hooks, concurrency) {
      const before = set;
      const next = createHookSet({ ...options, hooks, concurrency }, ending.signal);
      set = next;
      for (const name of GUARDS) delete guards[name];
      Object.assign(guards, next.guards);
      // Two sets would send the same rows of the outbox.
      replacing = replacing.then(async () => {
        await before.stop();
        if (store && set === next && !stopped) await startUntilDone(next, store);
      });
    },
    async stop(grace) {
      stopped = true;
      setTimeout(() => ending.abort(), grace).unref();
      const last = set.stop();
      await replacing;
      await last;
    },
  };

  /** A catalog that cannot be read at the moment must not end deliveries for good. */
  async function startUntilDone(next: HookSet, served: UploadStore): Promise<void> {
    while (set === next && !stopped) {
      try {
        return await next.start(served);
      } catch (error) {
        options.log('warn', `hooks cannot start yet: ${messageOf(error)}`);
        await new Promise((resolve) => setTimeout(resolve, RETRY).unref());
      }
    }
  }
}
