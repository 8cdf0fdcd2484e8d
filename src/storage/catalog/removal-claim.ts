import type { NewDelivery } from '../model/events.ts';
import type { RemovalReason, StoredUpload } from '../model/upload.ts';

export interface RemovalClaim {
  readonly why: RemovalReason;
  /** Bytes that the removal frees. */
  readonly bytes: number;
  /** Also voids the lease of another process. */
  readonly takeOver?: boolean;
  readonly deliveries: readonly NewDelivery[];
  readonly at: number;
}

/**
 * The outcome of a claim. changed: the record is not the one that the caller saw. leased: another
 * process writes the upload. needed: a final upload that is not joined yet needs this part, or a rule
 * has yet to deliver it, which a policy waits for (`expired` and `cleanup`).
 */
export type ClaimOutcome = 'claimed' | 'changed' | 'leased' | 'needed';

/** A removal that a person or a client wants does not wait for rules that have yet to deliver. */
export function waitsForPlacements(why: RemovalReason): boolean {
  return why === 'expired' || why === 'cleanup';
}

/** true when nothing has changed since `seen` that a decision to remove depends on. */
export function isAsSeen(record: StoredUpload, seen: StoredUpload): boolean {
  return (
    record.seq === seen.seq &&
    record.state === seen.state &&
    record.activeAt === seen.activeAt &&
    record.finishedAt === seen.finishedAt
  );
}
