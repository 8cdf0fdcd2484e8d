import type { Catalog } from '../catalog.ts';
import { LEASE_VOID_AFTER, type ProcessInfo, type ProcessReport } from '../processes.ts';
import { createCounting } from './counting.ts';
import { createJoining } from './joining.ts';
import { createPlacements } from './memory-placements.ts';
import { MemoryState } from './memory-state.ts';
import { createReading } from './reading.ts';
import { createReceiving } from './receiving.ts';
import { createRemoving } from './removing.ts';

/**
 * A catalog in the memory of this process: for tests and demonstrations. A unit is synchronous
 * inside, so it happens as a whole; nothing survives the end of the process.
 */
export function createMemoryCatalog(): Catalog {
  const state = new MemoryState();
  const notes = new Map<string, string>();
  const slots = new Map<string, number>();
  let self: { at: number; report: ProcessReport } | undefined;
  const alive = (at: number): ProcessInfo[] => {
    if (!self || self.at <= at - LEASE_VOID_AFTER) return [];
    return [{ ...self.report, role: 'daemon', lag: Math.max(0, at - self.at) }];
  };
  return {
    outbox: state.outbox,
    placements: createPlacements(state),
    ...createReceiving(state),
    ...createJoining(state),
    ...createRemoving(state),
    ...createReading(state),
    ...createCounting(() => state.records()),

    createLink: async (link) => state.links.create(link),
    link: async (id) => state.links.get(id),
    links: async () => state.links.all(),
    revokeLink: async (id, at) => state.links.revoke(id, at),

    async heartbeat(at, report) {
      self = { at, report };
    },
    processes: async (at) => alive(at),
    writerOf: async (id, at) => (state.leases.has(id) ? (alive(at)[0] ?? null) : null),
    // No earlier process exists, and no other.
    inheritLeases: async () => ({ leases: [], ended: 0 }),
    ask: async () => false,
    onAsked: () => {},
    async leave() {
      state.leases.clear();
      self = undefined;
    },
    isLeased: async (id) => state.leases.has(id),
    async claimSlot(schedule, slot) {
      if ((slots.get(schedule) ?? Number.NEGATIVE_INFINITY) >= slot) return false;
      slots.set(schedule, slot);
      return true;
    },
    note: async (key) => notes.get(key) ?? null,
    setNote: async (key, value) => void notes.set(key, value),

    persist: async () => {},
    probe: async () => {},
    checkIntegrity: async () => 'ok',
    close: async () => {},
  };
}
