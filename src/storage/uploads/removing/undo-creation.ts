import { messageOf } from '../../../fault.ts';
import {
  type Caller,
  isUnfinished,
  type StoredUpload,
  type UploadRecord,
} from '../../model/upload.ts';
import type { StoreContext } from '../context.ts';
import { removeCondemned } from './remove.ts';

/**
 * Removes an upload whose client gets an error instead of its URL; a finished one stays. Never throws:
 * a removal that fails is tried again later. `sure`: false while its record may still come; then its bytes
 * are left to the sweep of orphans.
 */
export async function undoCreation(
  context: StoreContext,
  draft: UploadRecord,
  caller: Caller,
  sure = true,
): Promise<void> {
  const { catalog, bytes, warn, leftBehind, unremoved } = context;
  const { id, createdAt } = draft;
  try {
    const record = await catalog.get(id);
    if (record) await removeCondemned(context, id, 'rejected', caller, isLeftOf(createdAt));
    else if (sure) await bytes.remove(draft);
    else unremoved.set(id, createdAt);
  } catch (error) {
    leftBehind.delete(id);
    unremoved.set(id, createdAt);
    warn(messageOf(error));
  }
}

/** Whether a record is what a failed creation has left, and not another upload that was given its id. */
export function isLeftOf(createdAt: number): (record: StoredUpload) => boolean {
  return (record) => isUnfinished(record) && record.createdAt === createdAt;
}
