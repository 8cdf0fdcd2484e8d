import type { Processes } from '../catalog.ts';
import type { OwnerRole } from '../processes.ts';
import type { Work } from './work.ts';

/**
 * See Catalog. `upkeep` runs after each heartbeat. One daemon serves a directory, so no process asks
 * another for an upload: commands take over what they remove.
 */
export function createProcesses(
  { tables, transactions, leases: own }: Work,
  role: OwnerRole,
  upkeep: () => void,
): Processes {
  const { leases, uploads, meta } = tables;
  return {
    async heartbeat(at, report) {
      const text = JSON.stringify(report);
      transactions.writeFromReserve(() => leases.beat(own.owner, role, at, text));
      upkeep();
    },

    processes: async (at) => transactions.read(() => leases.alive(at)),

    inheritLeases: async () =>
      transactions.writeFromReserve(() => {
        const { ids, ended, epoch } = own.inherit();
        // A lease may outlive its record: `release` drops it even so.
        const leases = ids.map((id) => ({ id, seq: uploads.get(id)?.seq ?? 0, epoch }));
        return { leases, ended };
      }),

    leave: async () => transactions.write(() => leases.leave(own.owner)),

    isLeased: async (id, at) => transactions.read(() => leases.holder(id, at)) !== undefined,

    writerOf: async (id, at) => transactions.read(() => leases.writer(id, at)),

    ask: async () => false,

    onAsked() {},

    async claimSlot(schedule, slot) {
      const key = `slot:${schedule}`;
      return transactions.write(() => {
        const last = meta.get(key);
        if (last !== null && Number(last) >= slot) return false;
        meta.set(key, String(slot));
        return true;
      });
    },

    note: async (key) => transactions.read(() => meta.get(key)),

    setNote: async (key, value) => transactions.writeFromReserve(() => meta.set(key, value)),
  };
}
