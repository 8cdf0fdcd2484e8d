import { Fault } from '../fault.ts';
import type { StoreContext } from './context.ts';
import type { Answer } from './events.ts';
import type { TimelineEvent } from './timeline.ts';
import type { Caller } from './upload.ts';
import type { StoredUpload, UploadChange } from './uploads-table.ts';

/** What is recorded together with the finish, so that one transaction does for both. */
export interface Ending {
  readonly change: UploadChange & { readonly offset: number; readonly crc32: number };
  readonly timeline: readonly TimelineEvent[];
  /** The request declared the upload's length: when a hook refuses it, the length is unknown again. */
  readonly declares?: boolean | undefined;
}

/**
 * The step from receiving to finished, once: asks the guard, makes the bytes durable, then sets the
 * state with its timeline entry and deliveries in one transaction and makes that durable.
 * The caller holds the upload's slot and lease; the lease is gone when this returns or throws.
 * Throws REFUSED or HOOK_FAILED from the guard: the bytes stay and the next request asks again.
 */
export async function finishUpload(
  context: StoreContext,
  record: StoredUpload,
  fd: number,
  caller: Caller,
  ending: Ending,
): Promise<Answer | undefined> {
  try {
    return await finishOnce(context, record, fd, caller, ending);
  } catch (error) {
    leaveBehind(context, record, error);
    throw error;
  }
}

/** Notes that an upload is to be finished or joined later, unless there is nothing to wait for. */
export function leaveBehind(context: StoreContext, { seq }: StoredUpload, error: unknown): void {
  const settled = error instanceof Fault && (error.code === 'REFUSED' || error.code === 'GONE');
  if (!settled) context.leftBehind.add(seq);
}

async function finishOnce(
  context: StoreContext,
  record: StoredUpload,
  fd: number,
  caller: Caller,
  ending: Ending,
): Promise<Answer | undefined> {
  const { catalog, durability, guards } = context;
  const finished = { ...record, ...ending.change };
  let answer: Answer | undefined;
  let recorded = false;
  await durability.dataFinished(fd);
  if (guards.beforeFinish && record.kind !== 'partial') {
    // A receiver may take long: what has arrived and was verified is recorded before it is asked.
    if (!catalog.write(() => writeEnding(context, record, ending))) throw removedMeanwhile();
    recorded = true;
    try {
      answer = await guards.beforeFinish(finished, caller);
    } catch (error) {
      recordRefusal(context, record, error, ending);
      throw error;
    }
  }
  const now = context.now();
  const event = {
    type: 'finished',
    record: { ...finished, state: 'finished', finishedAt: now, refusal: null },
    caller,
  } as const;
  const won = catalog.write(() => {
    // The compare of the compare-and-set: another process may have taken the lease or the upload.
    const change = recorded ? {} : ending.change;
    if (!catalog.uploads.finish(record.seq, { ...change, finishedAt: now })) return false;
    if (!recorded) writeTimeline(context, record, ending, now);
    catalog.timeline.add(record.seq, now, { event: 'finished' });
    catalog.outbox.add(record.id, context.plan(event), now);
    catalog.leases.drop(record.id, catalog.owner);
    return true;
  });
  if (!won) throw removedMeanwhile();
  try {
    await durability.commitsOf('finish');
  } finally {
    // Committed is committed, even when the disk could not promise to keep it.
    context.emit(event);
  }
  return answer;
}

/** Another process has taken the lease, or the upload: nothing of the request's end was recorded. */
export function removedMeanwhile(): Fault {
  return new Fault('GONE', 'this upload was removed while its bytes came');
}

/**
 * Lets go of the lease, for what ended without anything to record. Never throws, so that what went
 * wrong before is what its caller hears: a lease that stays is this process's own and does no harm.
 */
export function dropLease({ catalog, warn }: StoreContext, id: string): void {
  try {
    catalog.write(() => catalog.leases.drop(id, catalog.owner));
  } catch (error) {
    warn(error instanceof Error ? error.message : String(error));
  }
}

/**
 * Records how a request ended; for use inside a transaction. Returns false, with nothing recorded,
 * when the upload takes no bytes any more.
 */
export function writeEnding(context: StoreContext, record: StoredUpload, ending: Ending): boolean {
  const { catalog } = context;
  const { seq } = record;
  // A final upload is joining, and only its own process brings it from there.
  const open =
    record.kind === 'final'
      ? catalog.uploads.update(seq, ending.change)
      : catalog.uploads.receive(seq, ending.change);
  if (open) writeTimeline(context, record, ending, context.now());
  return open;
}

function writeTimeline(
  { catalog }: StoreContext,
  { seq }: StoredUpload,
  ending: Ending,
  at: number,
): void {
  for (const entry of ending.timeline) catalog.timeline.add(seq, at, entry);
}

function recordRefusal(
  context: StoreContext,
  record: StoredUpload,
  error: unknown,
  { declares }: Ending,
): void {
  const { catalog } = context;
  const why = error instanceof Fault ? error.message : 'the hook failed';
  catalog.write(() => {
    // Only a refusal is remembered: when the receiver was down, the next start may ask again.
    if (error instanceof Fault && error.code === 'REFUSED') {
      catalog.uploads.update(record.seq, { refusal: why, ...(declares ? { length: null } : {}) });
    }
    catalog.timeline.add(record.seq, context.now(), { event: 'refused', why });
    catalog.leases.drop(record.id, catalog.owner);
  });
}
