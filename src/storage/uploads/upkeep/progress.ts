import type { Progress } from '../../catalog/catalog.ts';
import type { StoredUpload } from '../../model/upload.ts';
import type { ActiveAppend, StoreContext } from '../context.ts';
import { keepSilent } from './keep-silent.ts';

/**
 * Records the progress of the running requests in one unit of work, and reports it to listeners. For a
 * request that counts as a whole only the activity is recorded until it is verified. Ends a request
 * whose upload another process took over or removed: its bytes would be lost.
 */
export async function recordProgress(context: StoreContext): Promise<void> {
  const { bytes, durability, active, emit } = context;
  const moving = [...active.values()].flatMap((append) => {
    const { lease, pump, concluding, noting } = append;
    if (!lease || concluding || noting) return [];
    const received = receivedOf(append, bytes);
    const safer = bytes.buffers && received !== undefined && received.offset > append.confirmed;
    if (pump.position <= append.recorded && !safer) return [];
    append.recorded = received && !bytes.buffers ? received.offset : pump.position;
    const { lastByteAt: activeAt } = pump;
    return [{ append, lease, activeAt, ...(received ? { received } : {}) }];
  });
  const syncs = durability.confirmsOffsets && !bytes.buffers;
  const moved = syncs ? await synced(context, moving) : moving;
  const lost = moved.length > 0 ? await recordAll(context, moved) : [];
  for (const one of moved) {
    const { lease, append, received } = one;
    append.confirmed = received?.offset ?? append.confirmed;
    if (lost.includes(lease.id)) continue;
    emit({ type: 'received', record: recordOf(one), caller: append.caller });
  }
  keepSilent(context);
  await stopVoided(context);
}

type Moving = Progress & { readonly append: ActiveAppend };

/** How far the bytes of a request count; undefined for one that counts as a whole. */
function receivedOf(
  { whole, pump, writer }: ActiveAppend,
  { buffers }: StoreContext['bytes'],
): Progress['received'] {
  if (whole) return undefined;
  if (!buffers) return { offset: pump.position, crc32: pump.crc32 };
  const { kept, layout } = writer;
  return kept && { offset: kept.length, crc32: kept.crc32, layout };
}

/** The record as it is now, without a query for each upload. */
function recordOf({ append: { record }, activeAt, received }: Moving): StoredUpload {
  const late = received !== undefined && received.offset < record.offset;
  return late ? record : { ...record, activeAt, ...received };
}

/** Returns the ids of uploads that were taken over or removed. */
async function recordAll(
  { catalog, durability }: StoreContext,
  moved: readonly Moving[],
): Promise<string[]> {
  const recorded = (async () => {
    const lost = (await catalog.progress(moved)).map(({ id }) => id);
    for (const { append } of moved) {
      if (lost.includes(append.record.id)) append.pump.stop('stopped');
    }
    await durability.recorded('progress');
    return lost;
  })();
  const ended = recorded.catch(() => {});
  for (const { append } of moved) {
    append.progressing = ended.then(() => {
      append.progressing = undefined;
    });
  }
  return recorded;
}

/** Ends the silent requests whose upload was taken over or removed: no progress would find that out. */
async function stopVoided({ catalog, active }: StoreContext): Promise<void> {
  const silent = [...active.values()].filter(
    ({ lease, pump, recorded, concluding }) => lease && !concluding && pump.position <= recorded,
  );
  if (silent.length === 0) return;
  const voided = await catalog.voided(silent.flatMap(({ lease }) => lease ?? []));
  const ids = new Set(voided.map(({ id }) => id));
  // Those that were asked about: one may have ended meanwhile, and the next one begun.
  for (const { record, pump } of silent) if (ids.has(record.id)) pump.stop('stopped');
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
