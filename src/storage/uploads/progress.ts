import type { StoreContext } from './context.ts';

/**
 * Records the progress of the running requests in one unit of work, and reports it to listeners. For a
 * request that counts as a whole only the activity is recorded until it is verified. Ends a request
 * whose upload another process took over or removed: its bytes would be lost.
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
