import { Fault } from '../../fault.ts';
import { isGone, isUnfinished, type StoredUpload } from '../model/upload.ts';
import type { StoreContext } from './context.ts';

/** Throws NOT_FOUND, or GONE while the record of a removed or expired upload is kept. */
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
 * The offset for the next append: the bytes that are stored and need no more verification. Throws GONE
 * when this upload's bytes are missing, UNAVAILABLE when the whole store is.
 */
export async function currentOffset(context: StoreContext, record: StoredUpload): Promise<number> {
  const active = context.active.get(record.id);
  // A finished upload stays active until its request is answered.
  if (active && isUnfinished(record)) return active.whole ? active.from : active.pump.position;
  const size = await context.bytes.size(record);
  if (size === null) throw new Fault('GONE', 'the data file of this upload is no longer there');
  const recorded = context.afterReboot.has(record.id) ? record.offset : size;
  return Math.min(size, recorded, record.uncommittedFrom ?? size);
}
