import { monitorEventLoopDelay } from 'node:perf_hooks';
import { cutoffs, type RetentionPolicy } from '../retention/policy.ts';
import type { DeliveryCounts } from '../storage/model/delivery.ts';
import type { PlacementCounts } from '../storage/model/placement.ts';
import type { Activity, UploadStore } from '../storage/store.ts';
import type { Connections } from './connections.ts';
import type { Readiness } from './readiness.ts';
import type { SweepWatch } from './sweep-watch.ts';
import type { Tally } from './tally.ts';

export interface FactsOptions {
  readonly tally: Tally;
  readonly connections: Connections;
  readonly sweeps: SweepWatch;
  /** Bytes that must stay free; null when that is not looked at. */
  readonly minFreeSpace: () => number | null;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** Bytes of memory that the process uses. */
  readonly memory: () => number;
  readonly version: string;
}

/** The parts of a daemon that are there once its storage is open. */
export interface ServingParts {
  readonly store: Pick<
    UploadStore,
    'activity' | 'unfinishedTotals' | 'outbox' | 'placements' | 'room'
  >;
  readonly policy: () => RetentionPolicy;
  readonly nextSweep: () => Date | null;
}

/** What metrics and `status` are made of, at one moment. */
export interface Facts {
  readonly version: string;
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
  readonly now: number;
  readonly tally: Tally;
  readonly sweeps: SweepWatch;
  readonly nextSweep: number | null;
  readonly connections: {
    readonly open: number;
    readonly accepted: number;
    readonly received: number;
    readonly sent: number;
  };
  /** How late timers come (milliseconds). */
  readonly eventLoopDelay: { readonly mean: number; readonly p99: number; readonly max: number };
  /** Bytes. */
  readonly memory: number;
  readonly checks: Readiness['checks'];
  /** null until the storage is open. */
  readonly storage: StorageFacts | null;
}

export interface StorageFacts {
  readonly activity: Activity;
  /** Unfinished uploads by status. */
  readonly unfinished: Readonly<Record<string, number>>;
  readonly deliveries: readonly DeliveryCounts[];
  readonly placements: readonly PlacementCounts[];
  /** Bytes; null when unknown. */
  readonly free: number | null;
  readonly floor: number | null;
}

/** Unfinished uploads have one of these statuses. */
export const UNFINISHED = ['receiving', 'stalled', 'waiting', 'joining', 'expired'] as const;

/** Milliseconds of a histogram in nanoseconds; 0 before the first measurement. */
const MS = 1e6;
/** A timer of so many milliseconds measures the delay of the event loop. */
const RESOLUTION = 20;

/** Returns a function that gathers the facts; `serving` gives the storage once it is open. */
export function createFacts(
  options: FactsOptions,
  serving: () => ServingParts | undefined,
): { gather(readiness: Readiness): Promise<Facts>; stop(): void } {
  const { tally, connections, sweeps, now, memory, version } = options;
  const startedAt = now();
  const delay = monitorEventLoopDelay({ resolution: RESOLUTION });
  delay.enable();
  // What is measured includes the time of the timer.
  const late = (nanoseconds: number) =>
    Number.isFinite(nanoseconds) ? Math.max(0, nanoseconds / MS - RESOLUTION) : 0;
  const gather = async ({ checks }: Readiness): Promise<Facts> => {
    const parts = serving();
    const storage = parts ? await storageFacts(parts, options) : null;
    const eventLoopDelay = {
      mean: late(delay.mean),
      p99: late(delay.percentile(99)),
      max: late(delay.max),
    };
    return {
      ...{ version, startedAt, now: now(), tally, sweeps, eventLoopDelay, checks, storage },
      nextSweep: parts?.nextSweep()?.getTime() ?? null,
      connections: {
        open: connections.open,
        accepted: connections.accepted,
        ...connections.traffic,
      },
      memory: memory(),
    };
  };
  return { gather, stop: () => delay.disable() };
}

async function storageFacts(
  { store, policy }: ServingParts,
  { now, minFreeSpace }: FactsOptions,
): Promise<StorageFacts> {
  const at = cutoffs(policy(), now());
  const [unfinished, deliveries, placements, free] = await Promise.all([
    store.unfinishedTotals(at),
    store.outbox.counts(),
    store.placements.counts(),
    // A disk that is not there has no free space to tell; readiness says so.
    store.room().catch(() => null),
  ]);
  const counts = new Map(unfinished.map(({ status, count }) => [status, count]));
  return {
    activity: store.activity(),
    unfinished: Object.fromEntries(UNFINISHED.map((status) => [status, counts.get(status) ?? 0])),
    deliveries,
    placements,
    free: free !== null && Number.isFinite(free) ? free : null,
    floor: minFreeSpace(),
  };
}
