import { Fault } from '../../../fault.ts';
import {
  type Caller,
  isGone,
  type RemovalReason,
  type StoredUpload,
  type UploadRecord,
} from '../../model/upload.ts';
import { assertThere, changeableBy } from '../access.ts';
import { nextTurn } from '../clock.ts';
import type { StoreContext } from '../context.ts';
import { pathOf } from '../placed.ts';
import { WriteRight } from '../writing/write-right.ts';

export interface Removal {
  readonly record: StoredUpload;
  /** Bytes that the removal freed. */
  readonly bytes: number;
}

/** Whether to remove an upload; called again whenever the upload has changed. */
export type Condemned = (record: StoredUpload) => boolean | Promise<boolean>;

export interface TerminateOptions {
  readonly why: RemovalReason;
  readonly signal?: () => AbortSignal;
  /** Throws when a precondition of the client does not hold. */
  readonly check?: (record: UploadRecord) => void;
  /** Also takes over the lease of another process, which ends its transfer within a second. */
  readonly takeOver?: boolean;
}

/**
 * Removes an upload for a client, taking over from any writer. Throws NOT_FOUND, GONE, LOCKED,
 * CONFLICT, and what `check` throws.
 */
export async function terminate(
  context: StoreContext,
  id: string,
  caller: Caller,
  options: TerminateOptions,
): Promise<Removal> {
  const { why, signal, check, takeOver = false } = options;
  const record = changeableBy(caller, await context.catalog.get(id));
  // An operator may remove an expired upload before a cleanup does.
  assertThere(takeOver ? { ...context, expiresAt: () => null } : context, record);
  check?.(record);
  // An upload that a hook stopped needs no consent from another hook.
  const stopped = why === 'stopped';
  const place = pathOf(context, record);
  if (!stopped) await context.guards.beforeRemove?.(record, caller, place);
  const turn = {
    urgent: true,
    waitFor: context.limits.writerWait,
    ...(signal ? { signal } : {}),
  };
  return WriteRight.use(context, id, turn, async () => {
    // A hook stops a running upload; one that has finished meanwhile is kept.
    const condemned: Condemned = (latest) => {
      check?.(latest);
      return !stopped || latest.state !== 'finished';
    };
    const claimed = await claim(context, id, { why, caller, condemned, takeOver, asks: true });
    if (!claimed) throw new Fault('GONE', 'this upload was removed');
    return completeRemoval(context, claimed);
  });
}

/**
 * Removes an upload that a policy condemned, unless it is being written. Returns undefined when the
 * upload is kept: it changed, another process leases it, or a final upload needs it.
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
      const claimed = await claim(context, id, {
        why,
        caller,
        condemned,
        takeOver: false,
        asks: false,
      });
      return claimed && (await completeRemoval(context, claimed));
    } catch (error) {
      if (error instanceof Fault && (error.code === 'LOCKED' || error.code === 'CONFLICT')) return;
      throw error;
    }
  });
}

/**
 * Counts a complete download, and removes the upload after the last one. Until it is removed, it has
 * expired. Returns how many are left; null when their number is not limited.
 */
export async function countDownload(
  context: StoreContext,
  id: string,
  caller: Caller,
): Promise<number | null> {
  const left = await context.catalog.countDownload(id, context.now());
  if (left === 0) await removeCondemned(context, id, 'downloaded', caller, () => true);
  return left;
}

interface ClaimOptions {
  readonly why: RemovalReason;
  readonly caller: Caller;
  readonly condemned: Condemned;
  readonly takeOver: boolean;
  /** Takes over from another process that can be asked to stop. */
  readonly asks: boolean;
}

/**
 * Compare-and-set from any state to `removing`. While another process holds the lease, only with
 * `takeOver`, or with `asks` where that process answers.
 * Returns undefined when the upload is gone or not condemned. Throws LOCKED or CONFLICT.
 */
async function claim(
  context: StoreContext,
  id: string,
  { why, caller, condemned, asks, ...options }: ClaimOptions,
): Promise<StoredUpload | undefined> {
  const { catalog, plan, clock, now } = context;
  let { takeOver } = options;
  for (;;) {
    const record = await catalog.get(id);
    if (!record || isGone(record) || !(await condemned(record))) return undefined;
    const event = { type: 'removed', record, caller, why } as const;
    const freed = await sizeInStore(context, record);
    const outcome = await catalog.claimRemoval(record, {
      why,
      bytes: freed,
      takeOver,
      deliveries: plan(event),
      at: now(),
    });
    switch (outcome) {
      case 'claimed':
        context.kept.delete(id);
        context.emit(event);
        return record;
      case 'leased':
        if (asks && !takeOver && (await catalog.ask(id, true))) {
          takeOver = true;
          break;
        }
        throw new Fault('LOCKED', 'another process is working on this upload', { retryAfter: 2 });
      case 'needed':
        throw new Fault('CONFLICT', 'a final upload that is not complete yet needs this part');
      case 'changed':
        // The record may be cached until the end of this turn of the event loop.
        await nextTurn(clock);
    }
  }
}

/** Removes the bytes of a claimed upload and keeps its record; also completes a removal after a crash. */
export async function completeRemoval(
  context: StoreContext,
  record: StoredUpload,
): Promise<Removal> {
  const { bytes, catalog } = context;
  const freed = await sizeInStore(context, record);
  await bytes.remove(record);
  await catalog.removalDone(record.id);
  return { record, bytes: freed };
}

/** A removal frees nothing of a file that was moved away. */
async function sizeInStore({ bytes }: StoreContext, record: StoredUpload): Promise<number> {
  return record.movedTo ? 0 : ((await bytes.size(record)) ?? 0);
}
