import type { StoreContext } from './context.ts';

/**
 * Records how far the running requests have come, all in one transaction, and tells listeners.
 * A request that counts as a whole has an activity but no offset until it is verified.
 */
export function recordProgress(context: StoreContext): void {
  const { catalog, active } = context;
  const moved = [...active].filter(([, append]) => append.pump.position > append.recorded);
  if (moved.length === 0) return;
  catalog.write(() => {
    for (const [, append] of moved) {
      const { position: offset, crc32, lastByteAt: activeAt } = append.pump;
      catalog.uploads.update(append.seq, append.whole ? { activeAt } : { activeAt, offset, crc32 });
      append.recorded = offset;
    }
  });
  for (const [id, { caller }] of moved) {
    const record = catalog.uploads.get(id);
    if (record) context.emit({ type: 'received', record, caller });
  }
}
