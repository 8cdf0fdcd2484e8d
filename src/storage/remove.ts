import { Fault } from '../fault.ts';
import { assertThere } from './access.ts';
import type { StoreContext } from './context.ts';
import type { Answer } from './events.ts';
import type { Caller, RemovalReason, UploadRecord } from './upload.ts';
import type { StoredUpload } from './uploads-table.ts';

export interface Removal {
  readonly record: StoredUpload;
  /** What the removal freed. */
  readonly bytes: number;
  readonly answer?: Answer | undefined;
}

interface TerminateOptions {
  readonly why: RemovalReason;
  readonly signal?: () => AbortSignal;
  /** Throws when a condition of the client's does not hold. */
  readonly check?: (record: UploadRecord) => void;
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
  const { why, signal, check } = options;
  const record = context.catalog.uploads.get(id);
  assertThere(context, record);
  check?.(record);
  // What a hook has ended needs no other hook's consent.
  const asked = why !== 'stopped';
  const answer = asked ? await context.guards.beforeRemove?.(record, caller) : undefined;
  const slot = await context.writers.acquire(id, {
    urgent: true,
    waitFor: context.limits.writerWait,
    ...(signal ? { signal } : {}),
  });
  try {
    // A hook stops what is under way; what has finished meanwhile is somebody's file.
    const claimed = claim(context, id, why, caller, (latest) => {
      check?.(latest);
      return why !== 'stopped' || latest.state !== 'finished';
    });
    if (!claimed) throw new Fault('GONE', 'this upload was removed');
    return { ...(await finishRemoval(context, claimed, why, caller)), answer };
  } finally {
    slot.release();
  }
}

/**
 * Removes what a policy has condemned, unless somebody is writing it: `condemned` is asked again
 * inside the transaction that claims the record. Returns undefined when the upload is kept.
 */
export async function removeCondemned(
  context: StoreContext,
  id: string,
  why: RemovalReason,
  caller: Caller,
  condemned: (record: StoredUpload) => boolean,
): Promise<Removal | undefined> {
  if (context.writers.isBusy(id)) return undefined;
  const slot = await context.writers.acquire(id, { waitFor: 0 });
  try {
    const claimed = claim(context, id, why, caller, condemned);
    return claimed && (await finishRemoval(context, claimed, why, caller));
  } catch (error) {
    // Leased by another process, or needed by a final upload: kept for now.
    if (error instanceof Fault && (error.code === 'LOCKED' || error.code === 'CONFLICT')) return;
    throw error;
  } finally {
    slot.release();
  }
}

/** Compare-and-set from any state to `removing`, never while another process holds the lease. */
function claim(
  context: StoreContext,
  id: string,
  why: RemovalReason,
  caller: Caller,
  condemned: (record: StoredUpload) => boolean,
): StoredUpload | undefined {
  const { catalog } = context;
  const now = context.now();
  return catalog.writeFromReserve(() => {
    const record = catalog.uploads.get(id);
    if (!record || record.state === 'removing' || record.state === 'removed') return undefined;
    if (!condemned(record)) return undefined;
    const holder = catalog.leases.holder(id, now);
    if (holder && holder.owner !== catalog.owner) {
      throw new Fault('LOCKED', 'another process is working on this upload', {
        headers: { 'Retry-After': '2' },
      });
    }
    if (record.kind === 'partial' && catalog.uploads.finalsWaitingFor(id).length > 0) {
      throw new Fault('CONFLICT', 'a final upload that is not complete yet needs this part');
    }
    catalog.uploads.update(record.seq, { state: 'removing', removedAt: now, removedWhy: why });
    const bytes = context.files.size(id) ?? 0;
    catalog.timeline.add(record.seq, now, { event: 'removed', why, bytes });
    catalog.outbox.add(id, context.plan({ type: 'removed', record, caller, why }), now);
    catalog.leases.drop(id, catalog.owner);
    return record;
  });
}

async function finishRemoval(
  context: StoreContext,
  record: StoredUpload,
  why: RemovalReason,
  caller: Caller,
): Promise<Removal> {
  context.emit({ type: 'removed', record, caller, why });
  return completeRemoval(context, record);
}

/** Unlinks the file of a claimed upload and keeps a memory of it; also ends what a crash cut short. */
export async function completeRemoval(
  context: StoreContext,
  record: StoredUpload,
): Promise<Removal> {
  const bytes = context.files.size(record.id) ?? 0;
  await context.files.unlink(record.id);
  const { catalog } = context;
  catalog.writeFromReserve(() => catalog.uploads.update(record.seq, { state: 'removed' }));
  return { record, bytes };
}
