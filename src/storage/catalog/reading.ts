import type {
  ListQuery,
  StatusMoment,
  StatusTotals,
  UnfinishedTotals,
  UploadTotals,
} from '../model/list-query.ts';
import type { TimelineEntry } from '../model/timeline.ts';
import type { StoredUpload } from '../model/upload.ts';

/** Queries about uploads; they change nothing. See Catalog. */
export interface Reading {
  get(id: string): Promise<StoredUpload | undefined>;

  /** Page by page. A slow reader holds no page open. */
  list(query: ListQuery): AsyncIterable<readonly StoredUpload[]>;

  /**
   * Unfinished uploads and finished parts that received no byte since `idleSince`, uploads that
   * finished at `finishedBefore` or earlier (null selects none of that kind), and all whose own
   * `expiresAt` is reached. Each record is read when the iteration reaches it.
   */
  condemnable(at: StatusMoment): AsyncIterable<StoredUpload>;

  /** Uploads whose removal was claimed and not completed. */
  unfinishedRemovals(): Promise<StoredUpload[]>;

  /** Ids of uploads in the states `receiving` and `joining`. */
  unfinished(): Promise<string[]>;

  /** Ids of unfinished uploads that have all their bytes, and of final uploads that are not joined. */
  unfinishedButComplete(): Promise<string[]>;

  /** Final uploads that a part belongs to, in any state. */
  finalsOf(part: string): Promise<StoredUpload[]>;

  /** Bytes that the parts of a final upload have received. */
  receivedOfParts(final: StoredUpload): Promise<number>;

  /** Whether any partial or final upload exists. */
  hasParts(): Promise<boolean>;

  /** Whether any upload has an owner. */
  hasOwners(): Promise<boolean>;

  /** Records that should have bytes in the store, page by page, in no particular order. */
  stored(): AsyncIterable<readonly { readonly id: string; readonly activeAt: number }[]>;

  /** Returns the ids that have a record whose state is not `removed`. */
  known(ids: readonly string[]): Promise<ReadonlySet<string>>;

  /** Ids that begin with a prefix, in order, at most `limit`. */
  idsBeginningWith(prefix: string, limit: number): Promise<string[]>;

  timeline(record: StoredUpload): Promise<TimelineEntry[]>;

  totals(): Promise<UploadTotals[]>;

  /** Counts by status at a moment, removed uploads included; of one owner, or of all uploads. */
  statusTotals(at: StatusMoment, owner?: string): Promise<StatusTotals[]>;

  /** Bytes of finished uploads that were moved out of the store; of one owner, or of all uploads. */
  movedBytes(owner?: string): Promise<number>;

  /** Unfinished uploads, counted by status: quick, however many finished ones there are. */
  unfinishedTotals(at: StatusMoment): Promise<UnfinishedTotals[]>;
}
