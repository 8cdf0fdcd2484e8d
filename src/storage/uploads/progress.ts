import type { StoreContext } from './context.ts';

/**
 * Records how far the running requests have come, all in one unit of work, and tells listeners. Of a
 * request that counts as a whole only the activity is recorded until it is verified. A request
 * whose upload was taken over or removed by another process is ended: its bytes go nowhere.
 */
export async function recordProgress({ catalog, active, emit }: StoreContext): Promise<void> {
  const moved = [...active].flatMap(([id, append]) => {
    const { lease, pump, whole, caller } = append;
    const { position: offset, crc32, lastByteAt: activeAt } = pump;
    if (!lease || offset <= append.recorded) return [];
    append.recorded = offset;
    return [{ id, caller, lease, activeAt, ...(whole ? {} : { received: { offset, crc32 } }) }];
  });
  if (moved.length === 0) return;
  for (const { id } of await catalog.progress(moved)) active.get(id)?.pump.stop('stopped');
  for (const { id, caller } of moved) {
    const record = await catalog.get(id);
    if (record) emit({ type: 'received', record, caller });
  }
}
