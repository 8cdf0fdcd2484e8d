import { Fault } from '../../fault.ts';
import { isGone, isUnfinished, type StoredUpload } from '../model/upload.ts';
import type { StoreContext } from './context.ts';

/** Throws NOT_FOUND, or GONE while we remember an upload that was removed or has expired. */
export function assertThere(
  context: StoreContext,
  record: StoredUpload | undefined,
): asserts record is StoredUpload {
  if (!record) throw new Fault('NOT_FOUND', 'there is no such upload');
  if (isGone(record)) throw new Fault('GONE', 'this upload was removed');
  const expiresAt = context.expiresAt(record);
  if (expiresAt !== null && expiresAt <= context.now() && !context.active.has(record.id)) {
    throw new Fault('GONE', 'this upload has expired');
  }
}

/**
 * The offset that the next append may use: the bytes that are there and do not wait to be verified.
 * Throws GONE when the bytes are not there, UNAVAILABLE when no bytes are.
 */
export async function currentOffset(context: StoreContext, record: StoredUpload): Promise<number> {
  const active = context.active.get(record.id);
  // Until its request is answered a finished upload is still active.
  if (active && isUnfinished(record)) return active.whole ? active.from : active.pump.position;
  const size = await context.bytes.size(record);
  if (size === null) throw new Fault('GONE', 'the data file of this upload is no longer there');
  const recorded = context.afterReboot.has(record.id) ? record.offset : size;
  return Math.min(size, recorded, record.uncommittedFrom ?? size);
}
