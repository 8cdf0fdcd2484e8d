import type { Caller } from '../storage/model/upload.ts';
import { type CommandStore, ORPHAN_AGE } from '../storage/store.ts';
import { DAY } from '../text/span.ts';
import { type CondemnedSweep, isCondemned, sweepCondemned } from './condemned.ts';
import { aboutRecord, type SweepDecision, type SweepSummary, SweepTally } from './decision.ts';
import { attempt } from './failure.ts';
import { sweepOrphans } from './orphan-sweep.ts';
import { cutoffs, expiresAt, type RetentionPolicy } from './policy.ts';

export interface SweepOptions {
  readonly policy: RetentionPolicy;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** Changes nothing; also reports why unfinished uploads are kept. */
  readonly dryRun?: boolean;
  /** Overrides the policy's limit for unfinished uploads (milliseconds). */
  readonly olderThan?: number;
  /** With `olderThan`: the limit applies to finished uploads, too. */
  readonly includeFinished?: boolean;
  /**
   * Whether to look for files without a record and records without a file (see orphan-sweep.ts),
   * which scans everything. daily: if the last scan was more than a day ago.
   */
  readonly orphans: 'skip' | 'daily' | 'report' | 'remove';
  /** The caller that is recorded for removals; default: the upload's creator. */
  readonly caller?: Caller;
  /** Ends the sweep before the next upload. */
  readonly signal?: AbortSignal;
}

/** How long the record of a removed upload is kept at least: its client gets 410, not 404. */
const REMEMBERED_FOR = 7 * DAY;
const ORPHANS_NOTE = 'orphans-looked-for';

/**
 * One cleanup run, for the schedule and the command: completes interrupted removals, removes what
 * is past its limit, looks for orphans, and deletes records of uploads removed long ago. An upload
 * that is being written is never removed. Yields each decision as it is made, and returns the
 * totals. An upload that cannot be removed does not stop the sweep.
 */
export async function* sweep(
  store: CommandStore,
  options: SweepOptions,
): AsyncGenerator<SweepDecision, SweepSummary> {
  const tally = new SweepTally();
  for await (const decision of decisions(store, options)) {
    tally.add(decision);
    yield decision;
    if (options.signal?.aborted) return tally.summary(0);
  }
  return tally.summary(options.dryRun ? 0 : await forget(store, options));
}

async function* decisions(
  store: CommandStore,
  options: SweepOptions,
): AsyncGenerator<SweepDecision> {
  const { policy, dryRun = false, olderThan } = options;
  const now = options.now();
  const limits = {
    unfinishedFor: olderThan ?? policy.unfinishedFor,
    finishedFor: (options.includeFinished ? olderThan : undefined) ?? policy.finishedFor,
  };
  const run: CondemnedSweep = {
    store,
    policy,
    cutoffs: cutoffs(limits, now),
    now,
    dryRun,
    caller: options.caller,
  };
  yield* sweepBegun(run);
  yield* sweepCondemned(run);
  const orphansFollow = await wantsOrphans(store, options.orphans, now);
  if (dryRun) yield* explainUnfinished(run, limits, orphansFollow);
  if (orphansFollow) {
    yield* sweepOrphans({ ...run, removeFiles: options.orphans === 'remove' });
    if (!dryRun) await store.setNote(ORPHANS_NOTE, String(now));
  }
}

/** Removals that were begun and not completed: a process died, or the file could not be removed. */
async function* sweepBegun({ store, dryRun }: CondemnedSweep): AsyncGenerator<SweepDecision> {
  for (const record of await store.unfinishedRemovals()) {
    const about = aboutRecord(record);
    const reason = { code: 'begun' } as const;
    const decision = await attempt(about, async () => {
      if (!dryRun) {
        const { bytes } = await store.completeRemoval(record);
        return { action: 'removed', ...about, bytes, reason };
      }
      const bytes = await store.sizeInStore(record);
      return { action: 'would-remove', ...about, bytes, reason };
    });
    if (decision) yield decision;
  }
}

async function* explainUnfinished(
  { store, cutoffs, now }: CondemnedSweep,
  limits: RetentionPolicy,
  orphansFollow: boolean,
): AsyncGenerator<SweepDecision> {
  for await (const record of store.list({ states: ['receiving', 'joining'] })) {
    if (isCondemned(record, cutoffs)) continue;
    const { id } = record;
    const bytes = await store.size(record);
    // The search for orphans reports it, and each upload is reported once.
    if (orphansFollow && bytes === null && record.activeAt <= now - ORPHAN_AGE) continue;
    const decision = await attempt(aboutRecord(record), async () => {
      const about = { action: 'would-keep', ...aboutRecord(record), bytes: bytes ?? 0 } as const;
      if (await store.isBeingWritten(id)) return { ...about, reason: { code: 'writing' } };
      if (await store.isComplete(record)) return { ...about, reason: { code: 'complete' } };
      const end = expiresAt(record, limits);
      if (end === null) return { ...about, reason: { code: 'never' } };
      const idle = now - record.activeAt;
      return { ...about, reason: { code: 'not-yet', idle, expiresIn: end - now } };
    });
    if (decision) yield decision;
  }
}

async function wantsOrphans(
  store: CommandStore,
  orphans: SweepOptions['orphans'],
  now: number,
): Promise<boolean> {
  if (orphans !== 'daily') return orphans !== 'skip';
  const last = Number((await store.note(ORPHANS_NOTE)) ?? Number.NaN);
  // A clock that was set back must not delay the scan by more than a day.
  return !(last <= now && now - last < DAY);
}

async function forget(store: CommandStore, { policy, now }: SweepOptions): Promise<number> {
  const kept = Math.max(REMEMBERED_FOR, policy.unfinishedFor ?? 0);
  return store.forget(now() - kept, now() - REMEMBERED_FOR);
}
