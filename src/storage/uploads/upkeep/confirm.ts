import type { StoredUpload } from '../../model/upload.ts';
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
