import type { Counting } from '../model/counting.ts';
import type { NewDelivery } from '../model/events.ts';
import type { NewPlacement } from '../model/placement.ts';
import type { TimelineEntry, TimelineEvent } from '../model/timeline.ts';
import type { StoredUpload, UploadChange, UploadRecord } from '../model/upload.ts';
import type { Links } from './links.ts';
import type { Outbox } from './outbox.ts';
import type { Placements } from './placements.ts';
import type { AskedListener, ProcessInfo, ProcessReport } from './processes.ts';
import type { Reading } from './reading.ts';
import type { ClaimOutcome, RemovalClaim } from './removal-claim.ts';

/**
 * The right to record changes to one upload, among all processes. Every unit of work that changes an
 * upload names its lease. A lease that was taken over or dropped is void and changes nothing.
 */
export interface Lease {
  readonly id: string;
  readonly seq: number;
  /** The fencing number: no two leases of one process share it. */
  readonly epoch: number;
}

/** A record, and the lease to change it; null when it was not requested or not granted. */
export interface Held {
  readonly record: StoredUpload;
  readonly lease: Lease | null;
}

/** An upload to be recorded. `at` is milliseconds since the epoch, here and below. */
export interface Creation {
  readonly record: UploadRecord;
  readonly timeline: readonly TimelineEvent[];
  readonly deliveries: readonly NewDelivery[];
  /** Only for an upload that is finished already. */
  readonly placements?: readonly NewPlacement[];
  readonly at: number;
}

/** An upload that was received elsewhere, with its history. */
export interface Adopted {
  readonly record: UploadRecord;
  readonly timeline: readonly TimelineEntry[];
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
  /** The rules that are to deliver the file. */
  readonly placements?: readonly NewPlacement[];
}

/** How far a running request has come. Without an offset only its activity is recorded. */
export interface Progress {
  readonly lease: Lease;
  readonly activeAt: number;
  readonly received?: {
    readonly offset: number;
    readonly crc32: number;
    /** Only where it has changed. */
    readonly layout?: string | null;
  };
}

export interface Refusal {
  readonly why: string;
  /**
   * true: the finish is never retried automatically. false: the hook failed, and is called again later.
   */
  readonly remembered: boolean;
  /** Recorded together with the refusal. */
  readonly change?: UploadChange;
  readonly at: number;
}

/** Leases of daemons that have ended. */
export interface Inheritance {
  readonly leases: readonly Lease[];
  /** How many daemons have ended and were not inherited from before. */
  readonly ended: number;
}

/**
 * The outcome of `beginJoin`. waiting: a part is not finished. part-missing: a part was removed.
 * leased: another process joins it. over: the upload is joined, removed, or was refused by a hook.
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

  /** Records an upload that was received elsewhere. Throws CONFLICT when the id was used before. */
  adopt(adopted: Adopted): Promise<StoredUpload>;

  /**
   * Reads a record and, when the upload takes bytes (state `receiving`, no final upload), takes its
   * lease. The lease is null for every other record, and while another process holds it.
   */
  beginAppend(id: string, at: number): Promise<Held | undefined>;

  /** Records changes of an upload that is being written. false: the lease is void. */
  record(lease: Lease, ending: Ending): Promise<boolean>;

  /**
   * Records the progress of running requests. An offset never moves back. Returns the leases of the
   * batch that are void: their uploads were taken over or removed.
   */
  progress(batch: readonly Progress[]): Promise<readonly Lease[]>;

  /** Returns the leases that are void. Cheap, so that it may be called every second. */
  voided(leases: readonly Lease[]): Promise<readonly Lease[]>;

  /** Records how a request ended and drops the lease. false: the lease was void already. */
  endAppend(lease: Lease, ending: Ending): Promise<boolean>;

  /** Drops a lease with nothing to record. */
  release(lease: Lease): Promise<void>;

  /**
   * Moves the upload to `finished`, once: sets the state, adds the timeline entries, `finished` and the
   * deliveries, and drops the lease. false: the lease is void, and nothing was recorded.
   */
  finish(lease: Lease, finish: Finish): Promise<boolean>;

  /**
   * Records that a hook refused the finish, and drops the lease. false: the lease is void, and nothing was
   * recorded.
   */
  refuse(lease: Lease, refusal: Refusal): Promise<boolean>;
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
   * Counts a complete download of a finished upload. Returns how many are left, or null when their
   * number is not limited. The last one makes the upload expire at once.
   */
  countDownload(id: string, at: number): Promise<number | null>;

  /**
   * Compare-and-set from the record that the caller saw to `removing`, with timeline entry and
   * deliveries. Drops a lease of this process. Works on a full disk for as long as that is possible.
   */
  claimRemoval(seen: StoredUpload, claim: RemovalClaim): Promise<ClaimOutcome>;

  /** Moves the upload from `removing` to `removed`: the bytes are gone, the record stays. */
  removalDone(id: string): Promise<void>;

  /**
   * Deletes up to `limit` records of uploads that were removed at `before` or earlier. Returns how
   * many. Their `seq` is never used again.
   */
  forget(before: number, limit: number): Promise<number>;
}

/** The units of work that coordinate processes. See Catalog. */
export interface Processes {
  /** Records that this process is alive, and runs the catalog's regular upkeep. */
  heartbeat(at: number, report: ProcessReport): Promise<void>;

  /** Processes whose heartbeats count, the one that has run longest first. */
  processes(at: number): Promise<ProcessInfo[]>;

  /**
   * Takes over the leases of daemons that have ended, and returns them. The uploads stay leased until
   * `release` or another unit drops the lease, so a start that is cut short loses none.
   */
  inheritLeases(at: number): Promise<Inheritance>;

  /** Drops all leases of this process, and its heartbeat. */
  leave(): Promise<void>;

  /** true while a process that is alive holds the lease. */
  isLeased(id: string, at: number): Promise<boolean>;

  /** The process that holds the lease, if it is alive and has reported itself; otherwise null. */
  writerOf(id: string, at: number): Promise<ProcessInfo | null>;

  /**
   * Asks the process that holds the lease of an upload to let go. Best effort: ask again. false where
   * no process answers such questions.
   */
  ask(id: string, urgent: boolean): Promise<boolean>;

  /** Calls back when another process asks for an upload, which this one may or may not hold. */
  onAsked(listener: AskedListener): void;

  /**
   * For a schedule that several daemons share: true for the first caller that claims this slot or a
   * later one. `slot` rises with time.
   */
  claimSlot(schedule: string, slot: number): Promise<boolean>;

  /** The note that any process stored under this key, or null. */
  note(key: string): Promise<string | null>;

  setNote(key: string, value: string): Promise<void>;
}

/**
 * The records of uploads, their timelines, leases and deliveries. Each method is one unit of work: it
 * happens as a whole or not at all, and no other unit sees a part of it. Conditions, timeline entries
 * and deliveries are passed as data, so a unit runs none of its caller's code.
 *
 * A unit that has resolved survives the death of the process; `persist` makes it survive a power cut.
 *
 * Every method may throw CATALOG_CORRUPT, PERMISSION, NO_SPACE, UNAVAILABLE (locked by another process)
 * or IO.
 */
export interface Catalog extends Receiving, Joining, Removing, Processes, Reading, Counting, Links {
  readonly outbox: Outbox;
  readonly placements: Placements;

  /** Resolves when every unit that has resolved so far survives a power cut. */
  persist(): Promise<void>;

  /**
   * Proves in a few milliseconds that the catalog can be written, and read anew from where it is stored.
   * Throws what is wrong.
   */
  probe(): Promise<void>;

  /** "ok", or a description of the damage to the catalog. */
  checkIntegrity(): Promise<string>;

  /**
   * Only for a catalog that is a file: writes a consistent copy of it into a folder, under the name that
   * it has in an upload directory and without leases, while other processes go on. The folder must not
   * have a catalog.
   */
  copyTo?(folder: string): Promise<void>;

  close(): Promise<void>;
}
