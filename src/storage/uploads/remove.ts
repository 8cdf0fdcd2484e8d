import { setImmediate as nextTurn } from 'node:timers/promises';
import { Fault } from '../../fault.ts';
import {
  type Caller,
  isGone,
  type RemovalReason,
  type StoredUpload,
  type UploadRecord,
} from '../model/upload.ts';
import { assertThere } from './access.ts';
import type { StoreContext } from './context.ts';
import { WriteRight } from './write-right.ts';

export interface Removal {
  readonly record: StoredUpload;
  /** What the removal freed. */
  readonly bytes: number;
}

/** Whether an upload is to be removed, asked again whenever it has changed. */
export type Condemned = (record: StoredUpload) => boolean | Promise<boolean>;

export interface TerminateOptions {
  readonly why: RemovalReason;
  readonly signal?: () => AbortSignal;
  /** Throws when a condition of the client's does not hold. */
  readonly check?: (record: UploadRecord) => void;
  /** Takes the lease of another process, too, which ends its transfer within a second. */
  readonly takeOver?: boolean;
}

/**
 * Removes on a client's word: takes over from any writer. Throws NOT_FOUND, GONE, LOCKED, CONFLICT,
 * and what `check` throws.
 */
export async function terminate(
  context: StoreContext,
  id: string,
  caller: Caller,
  options: TerminateOptions,
): Promise<Removal> {
  const { why, signal, check, takeOver = false } = options;
  const record = await context.catalog.get(id);
  // An operator may remove what has expired before a cleanup does.
  assertThere(takeOver ? { ...context, expiresAt: () => null } : context, record);
  check?.(record);
  // What a hook has ended needs no other hook's consent.
  const stopped = why === 'stopped';
  const place = context.bytes.locate(record);
  if (!stopped) await context.guards.beforeRemove?.(record, caller, place);
  const turn = {
    urgent: true,
    waitFor: context.limits.writerWait,
    ...(signal ? { signal } : {}),
  };
  return WriteRight.use(context, id, turn, async () => {
    // A hook stops what is under way; what has finished meanwhile is somebody's file.
    const condemned: Condemned = (latest) => {
      check?.(latest);
      return !stopped || latest.state !== 'finished';
    };
    const claimed = await claim(context, id, { why, caller, condemned, takeOver });
    if (!claimed) throw new Fault('GONE', 'this upload was removed');
    return completeRemoval(context, claimed);
  });
}

/**
 * Removes what a policy has condemned, unless it is being written. Returns undefined when the
 * upload is kept: it changed, it is leased by another process, or a final upload needs it.
 */
export async function removeCondemned(
  context: StoreContext,
  id: string,
  why: RemovalReason,
  caller: Caller,
  condemned: Condemned,
): Promise<Removal | undefined> {
  if (context.writers.isBusy(id)) return undefined;
  return WriteRight.use(context, id, { waitFor: 0 }, async () => {
    try {
      const claimed = await claim(context, id, { why, caller, condemned, takeOver: false });
      return claimed && (await completeRemoval(context, claimed));
    } catch (error) {
      if (error instanceof Fault && (error.code === 'LOCKED' || error.code === 'CONFLICT')) return;
      throw error;
    }
  });
}

interface ClaimOptions {
  readonly why: RemovalReason;
  readonly caller: Caller;
  readonly condemned: Condemned;
  readonly takeOver: boolean;
}

/**
 * Compare-and-set from any state to `removing`, never while another process holds the lease.
 * Returns undefined when the upload is gone or not condemned. Throws LOCKED or CONFLICT.
 */
async function claim(
  context: StoreContext,
  id: string,
  { why, caller, condemned, takeOver }: ClaimOptions,
): Promise<StoredUpload | undefined> {
  const { catalog, bytes, plan, now } = context;
  for (;;) {
    const record = await catalog.get(id);
    if (!record || isGone(record) || !(await condemned(record))) return undefined;
    const event = { type: 'removed', record, caller, why } as const;
    const freed = (await bytes.size(record)) ?? 0;
    const outcome = await catalog.claimRemoval(record, {
      why,
      bytes: freed,
      takeOver,
      deliveries: plan(event),
      at: now(),
    });
    switch (outcome) {
      case 'claimed':
        context.emit(event);
        return record;
      case 'leased':
        throw new Fault('LOCKED', 'another process is working on this upload', { retryAfter: 2 });
      case 'needed':
        throw new Fault('CONFLICT', 'a final upload that is not complete yet needs this part');
      case 'changed':
        // A record may come from memory until the end of this turn of the event loop.
        await nextTurn();
    }
  }
}

/** Removes the bytes of a claimed upload and keeps a memory of it; also ends what a crash cut short. */
export async function completeRemoval(
  { bytes, catalog }: StoreContext,
  record: StoredUpload,
): Promise<Removal> {
  const freed = (await bytes.size(record)) ?? 0;
  await bytes.remove(record);
  await catalog.removalDone(record.id);
  return { record, bytes: freed };
}
