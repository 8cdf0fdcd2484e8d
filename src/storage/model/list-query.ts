import type { RecordState, UploadStatus } from './upload.ts';

/**
 * The moments that decide an upload's status now (milliseconds since the epoch). Both cut-offs come
 * from the retention policy; null means that nothing of that kind ever expires.
 */
export interface StatusMoment {
  readonly now: number;
  /** Unfinished uploads and parts without a byte since then have expired. */
  readonly idleSince: number | null;
  /** Uploads that finished before then have expired. */
  readonly finishedBefore: number | null;
}

export interface ListQuery {
  /** Only these states; by default all but `removed`. */
  readonly states?: readonly RecordState[];
  /** Only uploads with these statuses at a moment; overrides `states`. */
  readonly statuses?: { readonly names: readonly UploadStatus[]; readonly at: StatusMoment };
  /** Only uploads of this principal. */
  readonly owner?: string;
  /** Only uploads that a rule has yet to deliver. */
  readonly undelivered?: boolean;
  /** created: newest first. active: last byte first. size: largest first. name: A to Z. */
  readonly sort?: ListSort;
  /** Reverses the order. */
  readonly reverse?: boolean;
  /** Maximum number of uploads. */
  readonly limit?: number;
  /** Omits parts whose final upload is listed. */
  readonly foldParts?: boolean;
}

export const LIST_SORTS = ['created', 'active', 'size', 'name'] as const;

export type ListSort = (typeof LIST_SORTS)[number];

export interface UploadTotals {
  readonly state: RecordState;
  readonly count: number;
  /** Bytes received. */
  readonly bytes: number;
}

export interface UnfinishedTotals {
  readonly status: UploadStatus;
  readonly count: number;
}

export type StatusTotals = UploadTotals & {
  readonly status: UploadStatus;
  /** 1 for parts of final uploads. */
  readonly part: 0 | 1;
  /** 1 for parts whose final upload is there. */
  readonly folded: 0 | 1;
  /** Bytes received, not counting those of parts that a finished upload holds as well. */
  readonly bytesOnce: number;
};
