import { Fault } from '../../fault.ts';
import type { StoreContext } from './context.ts';
import type { StoredUpload } from '../catalog/sqlite/uploads-table.ts';

/** Throws NOT_FOUND, or GONE while we remember an upload that was removed or has expired. */
export function assertThere(
  context: StoreContext,
  record: StoredUpload | undefined,
): asserts record is StoredUpload {
  if (!record) throw new Fault('NOT_FOUND', 'there is no such upload');
  if (record.state === 'removing' || record.state === 'removed') {
    throw new Fault('GONE', 'this upload was removed');
  }
  const expiresAt = context.expiresAt(record);
  if (expiresAt !== null && expiresAt <= context.now() && !context.active.has(record.id)) {
    throw new Fault('GONE', 'this upload has expired');
  }
}

/** The offset that the next append may use: what is on disk and is not waiting to be verified. */
export function currentOffset(context: StoreContext, record: StoredUpload): number {
  const active = context.active.get(record.id);
  if (active) return active.whole ? active.from : active.pump.position;
  const size = context.files.size(record.id);
  if (size === null) throw context.files.missing();
  return record.uncommittedFrom === null ? size : Math.min(size, record.uncommittedFrom);
}
