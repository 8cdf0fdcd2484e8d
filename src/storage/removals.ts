import type { Caller, RemovalReason, StoredUpload } from './model/upload.ts';
import type { StoreContext } from './uploads/context.ts';
import {
  type Condemned,
  completeRemoval,
  type Removal,
  removeCondemned,
  type TerminateOptions,
  terminate,
} from './uploads/removing/remove.ts';
import { forget } from './uploads/upkeep/forget.ts';
import { removeOrphanFile } from './uploads/upkeep/orphans.ts';

/** The changes that commands and the sweep may make: they remove uploads and never write them. */
export interface Removals {
  /**
   * Removes an upload for a client or a sysadmin, taking over from its writer. Throws NOT_FOUND, GONE,
   * LOCKED, CONFLICT while a final upload needs it, or the Fault of a hook that refuses.
   */
  terminate(id: string, caller: Caller, options?: Partial<TerminateOptions>): Promise<Removal>;

  /** Removes an upload that a policy condemned; undefined when it is kept because it is still needed. */
  removeCondemned(
    id: string,
    why: RemovalReason,
    caller: Caller,
    condemned: Condemned,
  ): Promise<Removal | undefined>;

  /** Completes a removal that was claimed; may run beside the process that began it. */
  completeRemoval(record: StoredUpload): Promise<Removal>;

  /** Removes bytes without a record; null when they are kept (see uploads/upkeep/orphans.ts). */
  removeOrphanFile(name: string, olderThan: number): Promise<number | null>;

  /**
   * Deletes records of uploads that were removed, and deliveries that have ended, before these times
   * (milliseconds since the epoch). Returns how many uploads.
   */
  forget(removedBefore: number, deliveredBefore?: number): Promise<number>;

  setNote(key: string, value: string): Promise<void>;

  /**
   * For a schedule that several daemons share: true for the first to claim this slot or a later one.
   * `slot` rises with time.
   */
  claimSlot(schedule: string, slot: number): Promise<boolean>;
}

/** Runs one operation of a store: counts it, and turns system errors into Faults. */
export type Run = <T>(operation: () => Promise<T>) => Promise<T>;

export function createRemovals(context: StoreContext, run: Run): Removals {
  return {
    terminate: (id, caller, options = {}) =>
      run(() => terminate(context, id, caller, { why: 'terminated', ...options })),
    removeCondemned: (id, why, caller, condemned) =>
      run(() => removeCondemned(context, id, why, caller, condemned)),
    completeRemoval: (record) => run(() => completeRemoval(context, record)),
    removeOrphanFile: (name, olderThan) => run(() => removeOrphanFile(context, name, olderThan)),
    forget: (removedBefore, deliveredBefore = removedBefore) =>
      run(() => forget(context, removedBefore, deliveredBefore)),
    setNote: (key, value) => context.catalog.setNote(key, value),
    claimSlot: (schedule, slot) => context.catalog.claimSlot(schedule, slot),
  };
}
