import { Fault } from '../../src/fault.ts';
import type { Dispatcher } from '../../src/hooks/delivery/dispatcher.ts';
import type { CreationDraft, DeliveryPlanner, Guards } from '../../src/storage/model/events.ts';
import { createReads, type Reads } from '../../src/storage/reads.ts';
import type { Clock } from '../../src/storage/uploads/clock.ts';
import { Engine, type EngineOptions } from '../../src/storage/uploads/engine.ts';
import type { Plan } from './plan.ts';
import type { Random } from './random.ts';
import { Process, type Scheduler } from './scheduler.ts';
import type { Opened, World } from './worlds/world.ts';

/** When an unfinished upload is abandoned (milliseconds). */
export const RETENTION = 86_400_000;

/** The protocol of clients that say which request completes an upload. */
export const EXPLICIT = 'explicit';

/** A process that runs the real engine. */
export interface Running {
  readonly process: Process;
  readonly engine: Engine;
  readonly opened: Opened;
  readonly clock: Clock;
  readonly reads: Reads;
  /** Requests are taken. */
  serving: boolean;
  /** Sends events, once it serves. */
  dispatcher?: Dispatcher;
}

export interface StartOptions {
  readonly scheduler: Scheduler;
  readonly world: World;
  readonly plan: Plan;
  readonly random: Random;
  readonly name: string;
  readonly role: 'daemon' | 'command';
  readonly warn: (message: string) => void;
  /** Names the next upload. */
  readonly nextId: (draft: CreationDraft, token: string) => string;
}

/** Opens the engine in a process of its own; a daemon has to serve before it takes requests. */
export function startProcess(options: StartOptions): Running {
  const { scheduler, world, plan, random, name, role, warn } = options;
  const process = new Process(name);
  const opened = world.open(process, role, random.fork(1));
  const clock = scheduler.clockOf(process);
  const engineOptions: EngineOptions = {
    fsync: plan.fsync,
    clock,
    limits: { idleTimeout: 20_000, writerWait: 3_000 },
    expiresAt: ({ state, kind, activeAt }) =>
      state === 'finished' && kind !== 'partial' ? null : activeAt + RETENTION,
    endsAtLength: ({ origin }) => origin.protocol !== EXPLICIT,
    guards: guardsOf(options, process),
    warn,
    ...(plan.hooks ? { plan: planner(name) } : {}),
  };
  const engine = new Engine(opened.catalog, opened.bytes, engineOptions);
  return { process, engine, opened, clock, reads: createReads(engine.context), serving: false };
}

/** What the receiver calls the changes of an upload. */
export const EVENTS = {
  created: 'post-create',
  finished: 'post-finish',
  removed: 'post-terminate',
} as const;

function planner(name: string): DeliveryPlanner {
  let count = 0;
  return ({ type, record }) => {
    if (type !== 'created' && type !== 'finished' && type !== 'removed') return [];
    count += 1;
    const eventId = `${name}-${count}`;
    const payload = JSON.stringify({ Event: { Upload: { ID: record.id } } });
    return [{ eventId, hook: 'app', event: EVENTS[type], payload }];
  };
}

function guardsOf({ plan, scheduler, random, nextId }: StartOptions, process: Process): Guards {
  const draws = random.fork(2);
  const guards: Guards = {
    async beforeCreate(draft, caller) {
      return { id: nextId(draft, (caller.request as { token?: string } | null)?.token ?? '') };
    },
  };
  if (!plan.guard) return guards;
  return {
    ...guards,
    async beforeRemove() {
      await scheduler.wait(scheduler.delay(), process);
      if (plan.guard === 'refuses' && draws.chance(0.3)) {
        throw new Fault('REFUSED', 'the hook wants to keep it');
      }
    },
    async beforeFinish() {
      await scheduler.wait(draws.chance(0.1) ? 5_000 : scheduler.delay(), process);
      if (plan.guard === 'refuses' && draws.chance(0.5)) {
        throw new Fault('REFUSED', 'the hook wants no such upload');
      }
      if (plan.guard === 'fails' && draws.chance(0.4)) {
        throw new Fault('HOOK_FAILED', 'the hook did not answer');
      }
    },
  };
}
