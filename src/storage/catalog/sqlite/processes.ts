import type { OwnerRole, Processes } from '../catalog.ts';
import type { Work } from './work.ts';

/** See Catalog. `upkeep` runs after each heartbeat. */
export function createProcesses(
  { tables, transactions, leases: own }: Work,
  role: OwnerRole,
  upkeep: () => void,
): Processes {
  const { leases, uploads, meta } = tables;
  return {
    async heartbeat(at) {
      transactions.writeFromReserve(() => leases.beat(own.owner, role, at));
      upkeep();
    },

    inheritLeases: async () =>
      transactions.writeFromReserve(() => {
        const { ids, epoch } = own.inherit();
        // A lease may outlive its record: `release` drops it even so.
        return ids.map((id) => ({ id, seq: uploads.get(id)?.seq ?? 0, epoch }));
      }),

    leave: async () => transactions.write(() => leases.leave(own.owner)),

    isLeased: async (id, at) => transactions.read(() => leases.holder(id, at)) !== undefined,

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
