import { Fault, messageOf } from '../../fault.ts';
import type { MigrationSource, MigrationTarget } from '../../storage/migration.ts';
import { RECORD_STATES, type StoredUpload } from '../../storage/model/upload.ts';
import { copyDeliveries } from './copy-deliveries.ts';
import { copyUpload } from './copy-upload.ts';
import { sameUpload } from './same-upload.ts';

/**
 * What became of an upload. copied: it is there now, read and compared by its CRC-32. known: it was there
 * already. failed: it is not there, or another one of its id is.
 */
export const MIGRATION_OUTCOMES = ['copied', 'would-copy', 'known', 'failed'] as const;

export interface Migrated {
  readonly record: StoredUpload;
  readonly outcome: (typeof MIGRATION_OUTCOMES)[number];
  /** Bytes copied, or to be copied. */
  readonly bytes: number;
  /** A clause when it failed; otherwise empty. */
  readonly why: string;
}

export interface MigrateOptions {
  readonly source: MigrationSource;
  /** null for a dry run into a place where nothing is yet. */
  readonly target: MigrationTarget | null;
  readonly dryRun: boolean;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** Ends the migration between blocks; the next one goes on from there. */
  readonly signal: AbortSignal;
  /** The payload of a delivery, with the place that the bytes have now. */
  readonly relocated: (payload: string, place: string) => string;
  readonly onUpload: (migrated: Migrated) => Promise<void>;
  /** Called with every block that was copied. */
  readonly onBytes: (bytes: number) => Promise<void>;
}

/** Faults of one upload; others end the migration. */
const OWN_FAULTS: ReadonlySet<string> = new Set([
  'CHECKSUM_MISMATCH',
  'CONFLICT',
  'BAD_REQUEST',
  'GONE',
]);

/** Uploads that are copied side by side: most of them are small, and wait for answers. */
const AT_ONCE = 4;
const COUNTS_AT_ONCE = 1_000;

/**
 * Copies everything that a source has: uploads in every state with their owners, timelines and expiry,
 * their pending hook deliveries, upload links, and what was counted for limits. What the target has is left alone, so that a repeated
 * migration copies the rest. Changes nothing in the source.
 * Throws NO_SPACE, PERMISSION, UNAVAILABLE or IO.
 */
export async function migrate(options: MigrateOptions): Promise<void> {
  const { source, target, dryRun, signal } = options;
  if (target && !dryRun) {
    await copyLinks(source, target);
    await copyCounts(source, target);
  }
  const running = new Set<Promise<void>>();
  let failure: { readonly error: unknown } | undefined;
  try {
    // Parts come before the final uploads that need them.
    for await (const record of source.list({ states: RECORD_STATES, reverse: true })) {
      if (signal.aborted || failure) break;
      if (record.kind === 'final') await Promise.all(running);
      while (running.size >= AT_ONCE) await Promise.race(running);
      const work: Promise<void> = one(options, record)
        .catch((error) => {
          failure ??= { error };
        })
        .finally(() => running.delete(work));
      running.add(work);
    }
  } finally {
    await Promise.all(running);
    if (!dryRun) await target?.persist();
  }
  if (failure) throw failure.error;
}

async function one(options: MigrateOptions, record: StoredUpload): Promise<void> {
  const { source, target, dryRun, signal, onUpload } = options;
  const bytes = await source.counted(record);
  const there = await target?.remember(record.id);
  if (there) {
    const why = await sameUpload(target!, there, record, bytes);
    if (why === null && !dryRun) await copyDeliveries(options, record.id);
    await onUpload({
      record,
      outcome: why === null ? 'known' : 'failed',
      bytes: 0,
      why: why ?? '',
    });
    return;
  }
  if (dryRun || !target) return onUpload({ record, outcome: 'would-copy', bytes, why: '' });
  try {
    await copyUpload({ ...options, target }, record, bytes);
    await copyDeliveries(options, record.id);
  } catch (error) {
    if (signal.aborted) return;
    if (!(error instanceof Fault) || !OWN_FAULTS.has(error.code)) throw error;
    await onUpload({ record, outcome: 'failed', bytes: 0, why: messageOf(error) });
    return;
  }
  await onUpload({ record, outcome: 'copied', bytes, why: '' });
}

async function copyLinks(source: MigrationSource, target: MigrationTarget): Promise<void> {
  for (const link of (await source.links()).toReversed()) {
    if (!(await target.link(link.id))) await target.createLink(link);
  }
}

/**
 * Raises what is counted for clients to what they had used up at the source. The target may have counted
 * more since it was raised, so a repeated migration adds nothing.
 */
async function copyCounts(source: MigrationSource, target: MigrationTarget): Promise<void> {
  const counted = await source.allCounts();
  for (let from = 0; from < counted.length; from += COUNTS_AT_ONCE) {
    const batch = counted.slice(from, from + COUNTS_AT_ONCE);
    const there = await target.count(batch.map((one) => ({ ...one, amount: 0 })));
    const missing = batch.map((one, index) => ({ ...one, amount: one.amount - there[index]! }));
    await target.count(missing.filter(({ amount }) => amount > 0));
  }
}
