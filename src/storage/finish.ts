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
  const { catalog, durability, guards } = context;
  const finished = { ...record, ...ending.change };
  let answer: Answer | undefined;
  let recorded = false;
  if (guards.beforeFinish && record.kind !== 'partial') {
    // A receiver may take long: what has arrived and was verified is recorded before it is asked.
    catalog.write(() => writeEnding(context, record, ending));
    recorded = true;
    try {
      answer = await guards.beforeFinish(finished, caller);
    } catch (error) {
      recordRefusal(context, record, error);
      throw error;
    }
  }
  await durability.dataFinished(fd);
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
    if (!recorded) writeTimeline(context, record, ending);
    catalog.timeline.add(record.seq, now, { event: 'finished' });
    catalog.outbox.add(record.id, context.plan(event), now);
    catalog.leases.drop(record.id, catalog.owner);
    return true;
  });
  if (!won) throw new Fault('GONE', 'this upload was removed while its last bytes came');
  await durability.commitsOf('finish');
  context.emit(event);
  return answer;
}

/** Lets go of the lease, for what ended without anything to record. */
export function dropLease({ catalog }: StoreContext, id: string): void {
  catalog.write(() => catalog.leases.drop(id, catalog.owner));
}

/** Records how a request ended; for use inside a transaction. */
export function writeEnding(context: StoreContext, record: StoredUpload, ending: Ending): void {
  const { catalog } = context;
  catalog.uploads.update(record.seq, ending.change);
  writeTimeline(context, record, ending);
}

function writeTimeline({ catalog, now }: StoreContext, record: StoredUpload, ending: Ending): void {
  for (const entry of ending.timeline) catalog.timeline.add(record.seq, now(), entry);
}

function recordRefusal(context: StoreContext, record: StoredUpload, error: unknown): void {
  const { catalog } = context;
  const why = error instanceof Fault ? error.message : 'the hook failed';
  catalog.write(() => {
    // Only a refusal is remembered: when the receiver was down, the next start may ask again.
    if (error instanceof Fault && error.code === 'REFUSED') {
      catalog.uploads.update(record.seq, { refusal: why });
    }
    catalog.timeline.add(record.seq, context.now(), { event: 'refused', why });
    catalog.leases.drop(record.id, catalog.owner);
  });
}
