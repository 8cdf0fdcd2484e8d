import { isGone, isKept, type UploadRecord } from '../storage/model/upload.ts';
import { describePeriod } from '../text/span.ts';

/** How long uploads are kept, in milliseconds; null keeps them forever. */
export interface RetentionPolicy {
  /** Since the last byte of an unfinished upload, or of a part that no final upload has claimed. */
  readonly unfinishedFor: number | null;
  /** Since an upload finished. */
  readonly finishedFor: number | null;
}

/**
 * Uploads last active, or finished, at or before these times have expired (null: none has), and those
 * whose own time is up by `now`.
 */
export interface Cutoffs {
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** Milliseconds since the epoch. */
  readonly idleSince: number | null;
  /** Milliseconds since the epoch. */
  readonly finishedBefore: number | null;
}

type Dated = Pick<UploadRecord, 'state' | 'kind' | 'activeAt' | 'finishedAt' | 'expiresAt'>;

/**
 * When an upload expires (milliseconds since the epoch), or null for never: by the policy, or by its
 * own limit if that is earlier. A finished part counts
 * as unfinished: it is only useful for a final upload, and without one it is as abandoned as half a
 * file.
 */
export function expiresAt(record: Dated, policy: RetentionPolicy): number | null {
  if (isGone(record)) return null;
  const end = byPolicy(record, policy);
  if (end === null || record.expiresAt === null) return end ?? record.expiresAt;
  return Math.min(end, record.expiresAt);
}

function byPolicy(record: Dated, { unfinishedFor, finishedFor }: RetentionPolicy): number | null {
  if (isKept(record)) {
    return finishedFor === null ? null : (record.finishedAt ?? record.activeAt) + finishedFor;
  }
  return unfinishedFor === null ? null : record.activeAt + unfinishedFor;
}

export function cutoffs({ unfinishedFor, finishedFor }: RetentionPolicy, now: number): Cutoffs {
  return {
    now,
    idleSince: unfinishedFor === null ? null : now - unfinishedFor,
    finishedBefore: finishedFor === null ? null : now - finishedFor,
  };
}

/** "unfinished 1 day after their last byte, finished for ever" */
export function describePolicy({ unfinishedFor, finishedFor }: RetentionPolicy): string {
  const unfinished =
    unfinishedFor === null
      ? 'unfinished for ever'
      : `unfinished ${describePeriod(unfinishedFor)} after their last byte`;
  const finished =
    finishedFor === null ? 'finished for ever' : `finished for ${describePeriod(finishedFor)}`;
  return `${unfinished}, ${finished}`;
}
