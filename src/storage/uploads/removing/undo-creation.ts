import { messageOf } from '../../../fault.ts';
import { type Caller, isUnfinished, type UploadRecord } from '../../model/upload.ts';
import type { StoreContext } from '../context.ts';
import { removeCondemned } from './remove.ts';

/**
 * Removes an upload whose client gets an error instead of its URL; a finished one stays. Never throws:
 * a removal that fails is tried again later. `mayCome`: its record may still come; without one its bytes
 * are left to the sweep of orphans.
 */
export async function undoCreation(
  context: StoreContext,
  draft: UploadRecord,
  caller: Caller,
  mayCome = false,
): Promise<void> {
  const { catalog, bytes, warn, leftBehind, unremoved } = context;
  try {
    const record = await catalog.get(draft.id);
    if (!record && mayCome) unremoved.add(draft.id);
    else if (!record) await bytes.remove(draft);
    else await removeCondemned(context, draft.id, 'rejected', caller, isUnfinished);
  } catch (error) {
    leftBehind.delete(draft.id);
    unremoved.add(draft.id);
    warn(messageOf(error));
  }
}
