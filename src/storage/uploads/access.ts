import { Fault } from '../../fault.ts';
import { type Caller, isGone, isOthers, isUnfinished, type StoredUpload } from '../model/upload.ts';
import type { StoreContext } from './context.ts';

/** Throws NOT_FOUND, or GONE while the record of a removed or expired upload is kept. */
export function assertThere(
  context: StoreContext,
  record: StoredUpload | undefined,
): asserts record is StoredUpload {
  if (!record) throw notFound();
  if (isGone(record)) throw new Fault('GONE', 'this upload was removed');
  const expiresAt = context.expiresAt(record);
  if (expiresAt !== null && expiresAt <= context.now() && !context.active.has(record.id)) {
    throw new Fault('GONE', 'this upload has expired');
  }
}

/** The record as the caller sees it: undefined for an upload that does not exist for it. */
export function seenBy(
  caller: Caller | undefined,
  record: StoredUpload | undefined,
): StoredUpload | undefined {
  const hidden = record && caller && isOthers(record, caller) && !caller.principal?.readsAny;
  return hidden ? undefined : record;
}

/**
 * Like `seenBy`, for a change. Throws FORBIDDEN when the caller may only read the upload of another.
 */
export function changeableBy(
  caller: Caller,
  record: StoredUpload | undefined,
): StoredUpload | undefined {
  const seen = seenBy(caller, record);
  if (seen && isOthers(seen, caller)) {
    throw new Fault('FORBIDDEN', 'this upload belongs to somebody else');
  }
  return seen;
}

/**
 * Throws NOT_FOUND or FORBIDDEN when a caller whose access is restricted may not change an upload.
 * Called before anything is queued or leased, so that an upload of another principal and one that
 * was never there take the same path.
 */
export async function assertChangeable(
  { catalog }: StoreContext,
  id: string,
  caller: Caller,
): Promise<void> {
  if (caller.principal && !changeableBy(caller, await catalog.get(id))) throw notFound();
}

function notFound(): Fault {
  return new Fault('NOT_FOUND', 'there is no such upload');
}

/**
 * The offset for the next append: the bytes that are stored and need no more verification. Throws GONE
 * when this upload's bytes are missing, UNAVAILABLE when the whole store is.
 */
export async function currentOffset(context: StoreContext, record: StoredUpload): Promise<number> {
  const { bytes, durability, afterReboot } = context;
  const writing = activeOffset(context, record);
  if (writing !== undefined) return writing;
  const size = await bytes.size(record);
  if (size === null) throw new Fault('GONE', 'the data file of this upload is no longer there');
  // A request may have begun since: the size may include a write that is not confirmed yet.
  const written = activeOffset(context, record);
  if (written !== undefined) return written;
  await durability.confirmed(record.state === 'finished' ? 'finish' : 'progress');
  const onlyRecorded = afterReboot.has(record.id) || durability.confirmsOffsets;
  return Math.min(size, onlyRecorded ? record.offset : size, record.uncommittedFrom ?? size);
}

/** The offset of an upload that a request of this process writes; undefined for any other. */
function activeOffset(context: StoreContext, record: StoredUpload): number | undefined {
  const { active, bytes, durability } = context;
  const append = active.get(record.id);
  // A finished upload stays active until its request is answered.
  if (!append || !isUnfinished(record)) return undefined;
  if (bytes.buffers) {
    // Other daemons tell what is recorded, which may be more while a hook is asked before the finish.
    const recorded = Math.min(record.offset, record.uncommittedFrom ?? record.offset);
    return Math.max(append.confirmed, recorded);
  }
  if (append.whole) return append.record.offset;
  if (durability.confirmsOffsets) return append.confirmed;
  const { record: begun, pump } = append;
  if (!isTakenForFinished(context, begun, pump.position)) return pump.position;
  // The last byte counts once the finish has made it safe.
  return isSafe(context, begun) ? pump.position : Math.max(begun.offset, pump.position - 1);
}

/**
 * Whether a client that gets this offset takes its upload for finished, although it is not: a protocol may
 * have no other way to tell that an upload is finished.
 */
export function isTakenForFinished(
  { endsAtLength }: StoreContext,
  record: StoredUpload,
  offset: number | null,
): boolean {
  const { length, kind, refusal } = record;
  if (offset === null || offset !== length || !isUnfinished(record)) return false;
  return kind !== 'final' && refusal === null && endsAtLength(record);
}

/** Whether all bytes of a complete upload that is not finished survive what a finished one does. */
export function isSafe({ durability, kept }: StoreContext, { id, length }: StoredUpload): boolean {
  return !durability.keepsFinished || kept.get(id) === length;
}
