import type { Facts } from './facts.ts';
import type { Readiness } from './readiness.ts';
import type { Counts } from './tally.ts';

/** What `tusd-ts status` shows: sizes in bytes, periods in milliseconds, times in ISO 8601. */
export type Status = ReturnType<typeof statusOf>;

export function statusOf(facts: Facts, { status, reasons }: Readiness) {
  const { tally, sweeps, storage, connections, eventLoopDelay, memory, version } = facts;
  const { startedAt, now, nextSweep } = facts;
  return {
    version,
    status,
    reasons,
    startedAt: iso(startedAt),
    uptimeMs: now - startedAt,
    uploads: {
      created: objectOf(tally.created),
      finished: objectOf(tally.finished),
      removed: objectOf(tally.removed),
      refused: objectOf(tally.refused),
      unfinished: storage?.unfinished ?? {},
    },
    bodies: storage
      ? { receiving: storage.activity.receiving, stalled: storage.activity.stalled }
      : null,
    received: storage?.activity.received ?? { direct: 0, stream: 0 },
    requests: Object.fromEntries(
      [...tally.methods].map(([method, { durations }]) => {
        const { count, sum } = durations;
        return [method, { count, meanMs: count === 0 ? 0 : Math.round((1000 * sum) / count) }];
      }),
    ),
    errors: objectOf(tally.errors),
    connections: {
      open: connections.open,
      accepted: connections.accepted,
      refused: tally.turnedAway,
      receivedBytes: connections.received,
      sentBytes: connections.sent,
    },
    deliveries: (storage?.deliveries ?? []).map(({ oldestAt, ...counts }) => ({
      ...counts,
      oldestAt: iso(oldestAt),
    })),
    undelivered: (storage?.placements ?? []).map(({ oldestAt, ...counts }) => ({
      ...counts,
      oldestAt: iso(oldestAt),
    })),
    delivered: objectOf(tally.delivered),
    hooks: Object.fromEntries(
      [...tally.hooks].map(([name, one]) => [name, objectOf(one.outcomes)]),
    ),
    sweeps: {
      done: sweeps.done,
      failed: sweeps.failed,
      removed: sweeps.removed,
      freedBytes: sweeps.freed,
      lastAt: iso(sweeps.last?.at ?? null),
      lastMs: sweeps.last?.ms ?? null,
      nextAt: iso(nextSweep),
    },
    disk: { freeBytes: storage?.free ?? null, floorBytes: storage?.floor ?? null },
    eventLoopDelayMs: {
      mean: rounded(eventLoopDelay.mean),
      p99: rounded(eventLoopDelay.p99),
      max: rounded(eventLoopDelay.max),
    },
    memoryBytes: memory,
  };
}

function objectOf(counts: Counts): Record<string, number> {
  return Object.fromEntries(counts);
}

function iso(at: number | null): string | null {
  return at === null ? null : new Date(at).toISOString();
}

/** Tenths of milliseconds are enough. */
function rounded(milliseconds: number): number {
  return Math.round(milliseconds * 10) / 10;
}
