import type { StoreContext } from './context.ts';

/**
 * Records how far the running requests have come, all in one transaction, and tells listeners.
 * A request that counts as a whole has an activity but no offset until it is verified. A request
 * whose upload another process has removed is ended: its bytes go nowhere.
 */
export function recordProgress(context: StoreContext): void {
  const { catalog, active } = context;
  endRemoved(context);
  const moved = [...active].filter(([, append]) => append.pump.position > append.recorded);
  if (moved.length === 0) return;
  catalog.write(() => {
    for (const [, append] of moved) {
      const { position: offset, crc32, lastByteAt: activeAt } = append.pump;
      const change = append.whole ? { activeAt } : { activeAt, offset, crc32 };
      catalog.uploads.receive(append.seq, change);
      append.recorded = offset;
    }
  });
  for (const [id, { caller }] of moved) {
    const record = catalog.uploads.get(id);
    if (record) context.emit({ type: 'received', record, caller });
  }
}

function endRemoved({ catalog, active }: StoreContext): void {
  for (const [id, { pump }] of active) {
    const state = catalog.uploads.get(id)?.state;
    if (state === undefined || state === 'removing' || state === 'removed') pump.stop('stopped');
  }
}
