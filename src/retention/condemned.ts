import {
  type Caller,
  isGone,
  isKept,
  isUnfinished,
  nobody,
  type StoredUpload,
  type UploadRecord,
} from '../storage/model/upload.ts';
import type { CommandStore } from '../storage/store.ts';
import { aboutRecord, type SweepDecision, type SweepReason } from './decision.ts';
import { attempt } from './failure.ts';
import { type Cutoffs, expiresAt, type RetentionPolicy } from './policy.ts';

export interface CondemnedSweep {
  readonly store: CommandStore;
  readonly policy: RetentionPolicy;
  readonly cutoffs: Cutoffs;
  /** Milliseconds since the epoch. */
  readonly now: number;
  readonly dryRun: boolean;
  readonly caller: Caller | undefined;
}

/** Whether a sweep removes this upload, provided that no other upload needs it. */
export function isCondemned(record: UploadRecord, cutoffs: Cutoffs): boolean {
  if (isGone(record)) return false;
  if (isOver(record, cutoffs)) return true;
  const { idleSince, finishedBefore } = cutoffs;
  if (!isKept(record)) return idleSince !== null && record.activeAt <= idleSince;
  return finishedBefore !== null && (record.finishedAt ?? record.activeAt) <= finishedBefore;
}

/** Whether the upload's own time is up, whatever the policy says. */
function isOver({ expiresAt: end }: UploadRecord, { now }: Cutoffs): boolean {
  return end !== null && end <= now;
}

/** Removes uploads that are past their limit and not needed. Yields a decision for each. */
export async function* sweepCondemned(sweep: CondemnedSweep): AsyncGenerator<SweepDecision> {
  const needed: StoredUpload[] = [];
  for await (const record of sweep.store.condemnable(sweep.cutoffs)) {
    const decision = await decide(sweep, record);
    // The final upload that needs a part may be condemned itself and go later in this sweep.
    if (decision?.action === 'kept' && decision.reason.code === 'needed') needed.push(record);
    else if (decision) yield decision;
  }
  for (const record of needed) {
    const decision = await decide(sweep, record);
    if (decision) yield decision;
  }
}

function decide(sweep: CondemnedSweep, record: StoredUpload): Promise<SweepDecision | undefined> {
  return attempt(aboutRecord(record), () =>
    sweep.dryRun ? foresee(sweep, record) : remove(sweep, record),
  );
}

async function remove(
  { store, policy, cutoffs, now, caller }: CondemnedSweep,
  record: StoredUpload,
): Promise<SweepDecision | undefined> {
  const about = aboutRecord(record);
  const { id } = record;
  const end = expiresAt(record, policy);
  const removal = await store.removeCondemned(
    id,
    end !== null && end <= now ? 'expired' : 'cleanup',
    caller ?? nobody(record),
    async (current) => isCondemned(current, cutoffs) && !(await store.isComplete(current)),
  );
  if (removal) {
    const reason = reasonOf(removal.record, cutoffs, now);
    return { action: 'removed', ...about, bytes: removal.bytes, reason };
  }
  const latest = await store.remember(id);
  // The client or another sweep has removed it: there is nothing to report.
  if (!latest || isGone(latest)) return undefined;
  const code = await whyKept(store, latest, cutoffs);
  return { action: 'kept', ...about, bytes: await store.sizeInStore(record), reason: { code } };
}

async function whyKept(store: CommandStore, record: StoredUpload, cutoffs: Cutoffs) {
  if (await store.isBeingWritten(record.id)) return 'writing';
  if (await store.isComplete(record)) return 'complete';
  return isCondemned(record, cutoffs) ? 'needed' : 'changed';
}

async function foresee(sweep: CondemnedSweep, record: StoredUpload): Promise<SweepDecision> {
  const { store, cutoffs, now } = sweep;
  const { id } = record;
  const about = { ...aboutRecord(record), bytes: await store.sizeInStore(record) };
  if (await store.isBeingWritten(id)) {
    return { action: 'would-keep', ...about, reason: { code: 'writing' } };
  }
  if (await store.isComplete(record)) {
    return { action: 'would-keep', ...about, reason: { code: 'complete' } };
  }
  if (record.kind === 'partial' && (await isNeeded(sweep, id))) {
    return { action: 'would-keep', ...about, reason: { code: 'needed' } };
  }
  return { action: 'would-remove', ...about, reason: reasonOf(record, cutoffs, now) };
}

async function isNeeded({ store, cutoffs }: CondemnedSweep, part: string): Promise<boolean> {
  for (const final of await store.finalsOf(part)) {
    if (!isUnfinished(final)) continue;
    if (!isCondemned(final, cutoffs) || (await store.isBeingWritten(final.id))) return true;
    if (await store.isComplete(final)) return true;
  }
  return false;
}

function reasonOf(record: UploadRecord, cutoffs: Cutoffs, now: number): SweepReason {
  if (isOver(record, cutoffs)) return { code: 'own-end', idle: now - (record.expiresAt ?? now) };
  if (isKept(record)) {
    const idle = now - (record.finishedAt ?? record.activeAt);
    return { code: 'finished', idle, limit: now - (cutoffs.finishedBefore ?? now) };
  }
  const code = record.state === 'finished' ? 'part' : 'unfinished';
  return { code, idle: now - record.activeAt, limit: now - (cutoffs.idleSince ?? now) };
}
