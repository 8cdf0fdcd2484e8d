import type { ActiveAppend, StoreContext } from '../context.ts';

/**
 * Records the progress of the running requests in one unit of work, and reports it to listeners. For a
 * request that counts as a whole only the activity is recorded until it is verified. Ends a request
 * whose upload another process took over or removed: its bytes would be lost.
 */
export async function recordProgress(context: StoreContext): Promise<void> {
  const { catalog, durability, active, emit } = context;
  const moving = [...active].flatMap(([id, append]) => {
    const { lease, pump, whole, caller, concluding } = append;
    const { position: offset, crc32, lastByteAt: activeAt } = pump;
    if (!lease || concluding || offset <= append.recorded) return [];
    const received = whole ? {} : { received: { offset, crc32 } };
    return [{ id, append, caller, lease, activeAt, ...received }];
  });
  const moved = durability.confirmsOffsets ? await synced(context, moving) : moving;
  if (moved.length === 0) return;
  for (const { append, received } of moved) {
    append.recorded = received?.offset ?? append.pump.position;
  }
  for (const { id } of await catalog.progress(moved)) active.get(id)?.pump.stop('stopped');
  await durability.recorded('progress');
  for (const { append, received } of moved) append.confirmed = received?.offset ?? append.confirmed;
  for (const { id, caller } of moved) {
    const record = await catalog.get(id);
    if (record) emit({ type: 'received', record, caller });
  }
}

interface Moving {
  readonly append: ActiveAppend;
  readonly received?: { readonly offset: number; readonly crc32: number };
}

/** The appends whose bytes could be synced: while `fsync` is "always" no other offset is recorded. */
async function synced<T extends Moving>(
  { durability }: StoreContext,
  moving: readonly T[],
): Promise<T[]> {
  const safe = await Promise.all(
    moving.map(async ({ append, received }) => {
      if (!received) return true;
      const { offset: length, crc32 } = received;
      const sync = durability.received(append.writer, { length, crc32 });
      const ended = sync.then(
        () => true,
        // The writer has warned, and the end of the request tries again.
        () => false,
      );
      append.syncing = ended.then(() => {
        append.syncing = undefined;
      });
      return ended;
    }),
  );
  return moving.filter((_, index) => safe[index]);
}
