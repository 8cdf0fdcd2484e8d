import type { NewDelivery } from '../model/events.ts';
import type { ListQuery, StatusMoment, StatusTotals, UploadTotals } from '../model/list-query.ts';
import type { TimelineEntry, TimelineEvent } from '../model/timeline.ts';
import type { RemovalReason, StoredUpload, UploadChange, UploadRecord } from '../model/upload.ts';
import type { Outbox } from './outbox.ts';

/**
 * What opens a catalog. A daemon serves uploads; a command reads and removes beside it. A lease
 * counts for as long as its process sends heartbeats.
 */
export type OwnerRole = 'daemon' | 'command';

/** A lease no longer counts when its process has sent no heartbeat for this long (milliseconds). */
export const LEASE_VOID_AFTER = 30_000;

/**
 * The right to record changes to one upload, among all processes. Every unit of work that changes an
 * upload names its lease; one that was taken over or dropped changes nothing.
 */
export interface Lease {
  readonly id: string;
  readonly seq: number;
  /** The fencing number: no two leases of one process share it. */
  readonly epoch: number;
}

/** A record and, if it was asked for and could be had, the lease to change it. */
export interface Held {
  readonly record: StoredUpload;
  readonly lease: Lease | null;
}

/** An upload to be recorded. `at` is milliseconds since the epoch, here and below. */
export interface Creation {
  readonly record: UploadRecord;
  readonly timeline: readonly TimelineEvent[];
  readonly deliveries: readonly NewDelivery[];
  readonly at: number;
}

/** What a request has changed. */
export interface Ending {
  readonly change: UploadChange;
  readonly timeline: readonly TimelineEvent[];
  readonly at: number;
}

/** An ending that completes the upload; the state and the time are set by the catalog. */
export interface Finish extends Ending {
  readonly deliveries: readonly NewDelivery[];
}

/** How far a running request has come. Without an offset only its activity is recorded. */
export interface Progress {
  readonly lease: Lease;
  readonly activeAt: number;
  readonly received?: { readonly offset: number; readonly crc32: number };
}

export interface Refusal {
  readonly why: string;
  /** true: no finish is tried again by itself. false: the hook failed, and is asked again later. */
  readonly remembered: boolean;
  /** Recorded with it. */
  readonly change?: UploadChange;
  readonly at: number;
}

export interface RemovalClaim {
  readonly why: RemovalReason;
  /** What the removal frees. */
  readonly bytes: number;
  /** Voids the lease of another process, too. */
  readonly takeOver?: boolean;
  readonly deliveries: readonly NewDelivery[];
  readonly at: number;
}

/**
 * What became of a claim. changed: the record is not what its caller saw. leased: another process
 * writes the upload. needed: a final upload that is not joined yet needs this part.
 */
export type ClaimOutcome = 'claimed' | 'changed' | 'leased' | 'needed';

/** Nothing happened since that a decision to remove could depend on. */
export function isAsSeen(record: StoredUpload, seen: StoredUpload): boolean {
  return (
    record.seq === seen.seq &&
    record.state === seen.state &&
    record.activeAt === seen.activeAt &&
    record.finishedAt === seen.finishedAt
  );
}

/**
 * What became of beginning a join. waiting: a part is not finished. part-missing: one was removed.
 * leased: another process is at it. over: the upload is joined, removed, or was refused by a hook.
 */
export type JoinStart =
  | { readonly outcome: 'begun'; readonly record: StoredUpload; readonly lease: Lease }
  | { readonly outcome: 'waiting' | 'part-missing' | 'leased' | 'over' };

/** The units of work that make uploads and record what they receive. See Catalog. */
export interface Receiving {
  /** Records a new upload. Throws CONFLICT when the id was used before. */
  createUpload(creation: Creation): Promise<StoredUpload>;

  /** The same, and takes the lease. */
  createLeased(creation: Creation): Promise<{ record: StoredUpload; lease: Lease }>;

  /** Records an upload that is finished already. May share its commit with other units. */
  createFinished(creation: Creation): Promise<StoredUpload>;

  /**
   * Reads a record and, when the upload takes bytes (state `receiving`, no final upload), takes its
   * lease. The lease is null for every other record, and while another process holds it.
   */
  beginAppend(id: string, at: number): Promise<Held | undefined>;

  /** Records changes of an upload that is being written. false: the lease is void. */
  record(lease: Lease, ending: Ending): Promise<boolean>;

  /**
   * Records how far running requests have come. An offset never moves back. Returns the leases of
   * the batch that are void: their upload was taken over or removed.
   */
  progress(batch: readonly Progress[]): Promise<readonly Lease[]>;

  /** Records how a request ended and drops the lease. false: the lease was void already. */
  endAppend(lease: Lease, ending: Ending): Promise<boolean>;

  /** Drops a lease with nothing to record. */
  release(lease: Lease): Promise<void>;

  /**
   * The step to `finished`, once: sets the state, adds the timeline entries, `finished` and the
   * deliveries, and drops the lease. false: the lease is void, and nothing was recorded.
   */
  finish(lease: Lease, finish: Finish): Promise<boolean>;

  /** Records that a hook refused the finish, and drops the lease. */
  refuse(lease: Lease, refusal: Refusal): Promise<void>;
}

/** The units of work of final uploads and their parts. See Catalog. */
export interface Joining {
  /** Takes the lease of a final upload whose parts are all finished, and sets it to `joining`. */
  beginJoin(id: string, at: number): Promise<JoinStart>;

  /** Ids of the final uploads that are not joined yet and need this part. */
  finalsWaitingFor(part: string): Promise<string[]>;

  /** Moves the last activity of an unfinished upload to `at`. */
  touch(id: string, at: number): Promise<void>;
}

/** The units of work that remove uploads. See Catalog. */
export interface Removing {
  /**
   * Compare-and-set from what the caller saw to `removing`, with its timeline entry and deliveries.
   * A lease of this process is dropped. Works on a full disk as long as that is possible at all.
   */
  claimRemoval(seen: StoredUpload, claim: RemovalClaim): Promise<ClaimOutcome>;

  /** From `removing` to `removed`: the bytes are gone, the memory of the upload stays. */
  removalDone(id: string): Promise<void>;

  /**
   * Drops up to `limit` memories of uploads that were removed at `before` or before. Returns how many.
   * No later upload gets the `seq` of one of them.
   */
  forget(before: number, limit: number): Promise<number>;
}

/** The units of work by which processes know of each other. See Catalog. */
export interface Processes {
  /** Says that this process is alive, and keeps in order what the catalog needs for that. */
  heartbeat(at: number): Promise<void>;

  /**
   * Takes over what daemons that are gone held when they ended; returns the ids of the uploads. They
   * stay leased until `release` or another unit drops them, so that a start which is cut short
   * loses none.
   */
  inheritLeases(at: number): Promise<Lease[]>;

  /** Drops all leases of this process, and its heartbeat. */
  leave(): Promise<void>;

  /** true while a process that is alive holds the lease. */
  isLeased(id: string, at: number): Promise<boolean>;

  /**
   * For a schedule that several daemons share: true for the first caller that claims this slot or a
   * later one. `slot` rises with time.
   */
  claimSlot(schedule: string, slot: number): Promise<boolean>;

  /** What any process noted under this key, or null. */
  note(key: string): Promise<string | null>;

  setNote(key: string, value: string): Promise<void>;
}

/** The questions about uploads; they change nothing. See Catalog. */
export interface Reading {
  get(id: string): Promise<StoredUpload | undefined>;

  /** Page by page; no page is held open while its reader is slow. */
  list(query: ListQuery): AsyncIterable<readonly StoredUpload[]>;

  /**
   * Unfinished uploads and finished parts without a byte since `idleSince`, and finished uploads
   * from `finishedBefore` or before; null for none of that kind. Each is read when its turn comes.
   */
  condemnable(
    since: Pick<StatusMoment, 'idleSince' | 'finishedBefore'>,
  ): AsyncIterable<StoredUpload>;

  /** Claimed by a removal that did not come to its end. */
  unfinishedRemovals(): Promise<StoredUpload[]>;

  /** Ids of uploads in the states `receiving` and `joining`. */
  unfinished(): Promise<string[]>;

  /** Those of them that have all their bytes, and final uploads that are not joined. */
  unfinishedButComplete(): Promise<string[]>;

  /** Final uploads that a part belongs to, in any state. */
  finalsOf(part: string): Promise<StoredUpload[]>;

  /** Bytes that the parts of a final upload have received. */
  receivedOfParts(final: StoredUpload): Promise<number>;

  /** Whether there is an upload in parts at all. */
  hasParts(): Promise<boolean>;

  /** Records that should have bytes, page by page, in no meaningful order. */
  stored(): AsyncIterable<readonly { readonly id: string; readonly activeAt: number }[]>;

  /** Those of the ids that have a record which is not `removed`. */
  known(ids: readonly string[]): Promise<ReadonlySet<string>>;

  /** Ids that begin with a prefix, in order, at most `limit`. */
  idsBeginningWith(prefix: string, limit: number): Promise<string[]>;

  timeline(record: StoredUpload): Promise<TimelineEntry[]>;

  totals(): Promise<UploadTotals[]>;

  /** Counts by status at a moment, removed uploads included. */
  statusTotals(at: StatusMoment): Promise<StatusTotals[]>;
}

/**
 * The records of uploads, their timelines, leases and deliveries. Each method is one unit of work:
 * it happens as a whole or not at all, and no other unit sees a part of it. Conditions, timeline
 * entries and deliveries go in as data, so that a unit needs no code of its caller.
 *
 * A unit that has resolved survives the death of the process; `persist` makes it survive a power cut.
 *
 * Every method may throw CATALOG_CORRUPT, PERMISSION, NO_SPACE, UNAVAILABLE (locked by another
 * process) or IO.
 */
export interface Catalog extends Receiving, Joining, Removing, Processes, Reading {
  readonly outbox: Outbox;

  /** Resolves when every unit that has resolved so far survives a power cut. */
  persist(): Promise<void>;

  /** "ok", or what is wrong with the catalog itself. */
  checkIntegrity(): Promise<string>;

  close(): Promise<void>;
}
