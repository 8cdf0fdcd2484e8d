import { setMaxListeners } from 'node:events';
import type { Hook } from '../config/hooks/hook-schema.ts';
import type { DeliveryPlanner, Guards, StorageEvent } from '../storage/model/events.ts';
import { SYSTEM_CLOCK, type UploadStore } from '../storage/store.ts';
import { Dispatcher } from './delivery/dispatcher.ts';
import { createGuards } from './guards.ts';
import { createPlanner } from './planner.ts';
import { type AskForAccess, createAskForAccess } from './pre-access.ts';
import { Progress } from './progress.ts';
import { type HookLog, type OnAttempt, Receiver } from './receiver.ts';
import { RECORDED_EVENTS } from './recorded-events.ts';

export interface HooksOptions {
  /** In the order in which "pre-" hooks are called. */
  readonly hooks: readonly Hook[];
  /** The most deliveries at once; each hook gets an equal share, at least one. */
  readonly concurrency: number;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  readonly log: HookLog;
  /** See GuardsOptions; default: null. */
  readonly storageRoot?: string | null;
  /** The daemon's environment: programs get only PATH, HOME, the locale and the like. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** process.kill, which also accepts process groups. */
  readonly kill: (pid: number, signal: NodeJS.Signals) => unknown;
  /** Called when an attempt to reach a hook has ended. */
  readonly onAttempt?: OnAttempt;
  /** Returns numbers from 0 to 1 for the jitter of retries; default: Math.random. */
  readonly random?: () => number;
}

/** The hooks of one configuration, from its loading until the next one replaces them. */
export interface HookSet {
  readonly guards: Guards;
  /** Asks about each request before anything else; null when no hook is configured for that. */
  readonly askForAccess: AskForAccess | null;
  readonly plan: DeliveryPlanner;
  /** Starts delivering, beginning with rows left by an earlier run or an earlier set. */
  start(store: UploadStore): Promise<void>;
  changed(event: StorageEvent): void;
  /** Starts no more deliveries; resolves when none is running any more. */
  stop(): Promise<void>;
}

/** `ending` aborts what is running, when the program cannot wait any longer. */
export function createHookSet(options: HooksOptions, ending: AbortSignal): HookSet {
  const { hooks, log, now, concurrency, random = Math.random } = options;
  const receivers = hooks.map((hook) => new Receiver(hook, options));
  const told = receivers.filter((receiver) => RECORDED_EVENTS.some((e) => receiver.listensTo(e)));
  const stopping = new AbortController();
  // Every running attempt adds a listener.
  setMaxListeners(0, stopping.signal);
  const common = { now, log, concurrency, random };
  let dispatcher: Dispatcher | undefined;
  let progress: Progress | undefined;
  const asking = { receivers, log, storageRoot: options.storageRoot ?? null, signal: ending };
  return {
    guards: createGuards(asking),
    askForAccess: createAskForAccess(asking),
    plan: createPlanner({ hooks, now }),
    async start(store) {
      const served: Receiver[] = [];
      for (const receiver of receivers) {
        const isLeft = (await store.outbox.nextDueAt(receiver.hook.name)) !== null;
        if (isLeft || told.includes(receiver)) served.push(receiver);
      }
      if (stopping.signal.aborted) return;
      dispatcher = new Dispatcher(store.outbox, {
        ...common,
        clock: { ...SYSTEM_CLOCK, now },
        idleTime: () => performance.eventLoopUtilization().idle,
        receivers: served,
        signal: ending,
      });
      dispatcher.start();
      progress = new Progress({ ...common, receivers, store, signal: stopping.signal });
    },
    changed(event) {
      dispatcher?.uploadChanged();
      if (event.type === 'received') progress?.received(event.record, event.caller);
      else if (told.length > 0) dispatcher?.wake();
    },
    async stop() {
      stopping.abort();
      await dispatcher?.stop();
    },
  };
}
