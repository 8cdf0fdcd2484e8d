import { fileFault } from '../../../fault.ts';
import { isUnfinished, type StoredUpload } from '../../model/upload.ts';
import { stopping } from '../admission.ts';
import type { StoreContext } from '../context.ts';
import { WriteRight } from '../writing/write-right.ts';

/**
 * While `fsync` is "always" only recorded bytes are reported. Syncs and records bytes of an upload that
 * were written and not recorded, because the end of their request failed; true when it has. Does
 * nothing to an upload that is being written. Never throws: what cannot be synced is not told.
 */
export async function confirmWritten(
  context: StoreContext,
  record: StoredUpload,
): Promise<boolean> {
  const { bytes, active, writers, afterReboot, draining } = context;
  const { id, offset, state, uncommittedFrom } = record;
  if (draining || state !== 'receiving' || uncommittedFrom !== null) return false;
  if (active.has(id) || writers.isBusy(id) || afterReboot.has(id)) return false;
  try {
    const size = await bytes.size(record);
    if (size === null || size <= offset || writers.isBusy(id)) return false;
    await WriteRight.use(context, id, { waitFor: 0 }, (right) => right.open());
    return true;
  } catch {
    return false;
  }
}

/**
 * Makes the bytes of a complete upload survive a power cut although its finish has failed, or has not
 * begun: a client that gets the full offset takes the upload for finished. Waits for a request that finishes it.
 * Throws what a sync may throw, and LOCKED: then the offset must not be reported.
 */
export async function keepComplete(context: StoreContext, { id }: StoredUpload): Promise<void> {
  const { limits, durability } = context;
  if (context.draining) throw stopping();
  await WriteRight.use(context, id, { waitFor: limits.writerWait }, async (right) => {
    const { record, writer } = await right.open();
    const { offset, length, crc32 } = record;
    if (!isUnfinished(record) || offset !== length) return;
    try {
      await durability.finished(writer, { length, crc32 });
      await durability.recorded('finish');
    } catch (error) {
      throw fileFault(error, 'syncing a data file');
    }
    context.kept.set(id, length);
  });
}
