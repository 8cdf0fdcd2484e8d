import { Fault } from '../../../fault.ts';
import type { Ending, Refusal } from '../../catalog/catalog.ts';
import type { Caller, StoredUpload, UploadRecord } from '../../model/upload.ts';
import type { StoreContext } from '../context.ts';
import { type OpenUpload, type Recording, withLayout } from '../writing/recording.ts';

/**
 * Finishes an upload, once: makes the bytes durable, calls the guard, then sets the state with its
 * timeline entry and deliveries in one unit of work and makes that durable.
 * Throws REFUSED or HOOK_FAILED from the guard: the bytes stay, and the next request calls it again.
 */
export async function finishUpload(
  context: StoreContext,
  open: OpenUpload & { readonly recording: Recording },
  caller: Caller,
  ending: Ending,
): Promise<StoredUpload> {
  try {
    return await finishOnce(context, open, caller, ending);
  } catch (error) {
    leaveBehind(context, open.record, error);
    throw error;
  }
}

/** Marks an upload to be finished or joined later, unless it was refused or is gone. */
export function leaveBehind(
  context: StoreContext,
  { id }: Pick<UploadRecord, 'id'>,
  error: unknown,
): void {
  const settled = error instanceof Fault && (error.code === 'REFUSED' || error.code === 'GONE');
  if (!settled) context.leftBehind.add(id);
}

async function finishOnce(
  context: StoreContext,
  open: OpenUpload & { readonly recording: Recording },
  caller: Caller,
  reached: Ending,
): Promise<StoredUpload> {
  const { bytes, durability, guards, plan, rules } = context;
  const { record, writer, recording, declares } = open;
  const { offset: length = record.offset, crc32 = record.crc32 } = reached.change;
  if (bytes.buffers && record.uncommittedFrom !== null && recording.lease) {
    // The store may note the finished object before the finish is recorded: its bytes are verified.
    const verified = { uncommittedFrom: null };
    await recording.record({ change: verified, timeline: [], at: context.now() });
  }
  await durability.finished(writer, { length, crc32 });
  const ending = withLayout(reached, open);
  const complete: StoredUpload = Object.assign({ ...record }, ending.change);
  let { change, timeline } = ending;
  // What is recorded last began when there was no such hook; a reload may have added one since.
  if (guards.beforeFinish && record.kind !== 'partial' && recording.lease) {
    // A hook may be slow: record the verified bytes before calling it.
    await recording.record(ending);
    // A HEAD that comes meanwhile reports all of them.
    await durability.recorded('finish');
    context.kept.set(record.id, length);
    change = {};
    timeline = [];
    try {
      await guards.beforeFinish(complete, caller, bytes.locate(complete));
    } catch (error) {
      await recording.refuse(refusalOf(context, error, declares));
      // A client does not try again after a refusal.
      await durability.recorded('progress');
      throw error;
    }
  }
  const at = context.now();
  const finished: StoredUpload = { ...complete, state: 'finished', finishedAt: at, refusal: null };
  const event = { type: 'finished', record: finished, caller } as const;
  // A part is not a file: it is delivered with its final upload.
  const placements = record.kind === 'partial' ? [] : (rules.route?.(finished) ?? []);
  const deliveries = plan(event);
  const finish = recording.finish({ change, timeline, deliveries, placements, at });
  const stored = await durability.recording('finish', finish);
  // The request that brought the last byte forgets it at its end: until then a HEAD may ask.
  if (!context.active.has(record.id)) context.kept.delete(record.id);
  try {
    await durability.recorded('finish');
  } finally {
    // A committed finish is reported, even if the disk could not make it durable.
    if (!recording.lease) context.emit({ type: 'created', record, caller });
    context.emit(event);
  }
  if (placements.length > 0) await rules.afterFinish?.(stored, placements);
  return stored;
}

function refusalOf(context: StoreContext, error: unknown, declares = false): Refusal {
  // Only a refusal is stored: after a failed hook, the next start may call it again.
  const remembered = error instanceof Fault && error.code === 'REFUSED';
  const why = error instanceof Fault ? error.message : 'the hook failed';
  const change = remembered && declares ? { length: null } : {};
  return { why, remembered, change, at: context.now() };
}
