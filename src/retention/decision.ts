import type { UploadRecord } from '../storage/model/upload.ts';

/** A sweep's decision about one upload or file, and the reason. */
export interface SweepDecision {
  readonly action: 'removed' | 'kept' | 'would-remove' | 'would-keep' | 'failed';
  readonly kind: 'upload' | 'part' | 'file';
  /** The upload's id, or the name of a file without a record. */
  readonly id: string;
  /** The file name given by the client (untrusted), or null. */
  readonly name: string | null;
  /** Bytes on disk; for a removal, the bytes freed. */
  readonly bytes: number;
  readonly reason: SweepReason;
}

/** Periods are milliseconds. */
export type SweepReason =
  /** Past its limit. part: a finished part whose final upload was never completed. */
  | {
      readonly code: 'unfinished' | 'part' | 'finished';
      readonly idle: number;
      readonly limit: number;
    }
  /** Its own time was up `idle` ago: its client, or a limit, has set it. */
  | { readonly code: 'own-end'; readonly idle: number }
  /** A removal that was begun earlier and not completed. */
  | { readonly code: 'begun' }
  /** A record whose data file is gone. */
  | { readonly code: 'file-missing' }
  /** The same, but there are no data files at all: probably a disk that is not mounted. */
  | { readonly code: 'folder-empty' }
  /** A file without a record, untouched for `idle`. */
  | { readonly code: 'no-record'; readonly idle: number }
  /** A client is writing it. */
  | { readonly code: 'writing' }
  /** An incomplete final upload needs this part. */
  | { readonly code: 'needed' }
  /** All its bytes are here, but it is not finished: a daemon does that. */
  | { readonly code: 'complete' }
  /** It changed during the sweep. */
  | { readonly code: 'changed' }
  | { readonly code: 'not-yet'; readonly idle: number; readonly expiresIn: number }
  /** The policy keeps it forever. */
  | { readonly code: 'never' }
  | { readonly code: 'error'; readonly message: string };

/** The totals of a sweep. */
export interface SweepSummary {
  /** Uploads, parts and files removed, or to be removed in a dry run. */
  readonly removed: number;
  readonly removedUploads: number;
  readonly removedParts: number;
  /** Files without a record. */
  readonly removedFiles: number;
  readonly failed: number;
  /** Bytes freed, or to be freed in a dry run. */
  readonly bytes: number;
  /** Files without a record that were left in place. */
  readonly orphans: number;
  /** Records of uploads removed long ago that were deleted. */
  readonly forgotten: number;
}

const REMOVED = {
  upload: 'removedUploads',
  part: 'removedParts',
  file: 'removedFiles',
} as const;

/** Sums up decisions. */
export class SweepTally {
  readonly #sum = {
    removed: 0,
    removedUploads: 0,
    removedParts: 0,
    removedFiles: 0,
    failed: 0,
    bytes: 0,
    orphans: 0,
  };

  add({ action, kind, bytes }: SweepDecision): void {
    const sum = this.#sum;
    if (action === 'failed') sum.failed += 1;
    else if (action === 'removed' || action === 'would-remove') {
      sum.removed += 1;
      sum[REMOVED[kind]] += 1;
      sum.bytes += bytes;
    } else if (kind === 'file') sum.orphans += 1;
  }

  summary(forgotten: number): SweepSummary {
    return { ...this.#sum, forgotten };
  }
}

/** The fields by which a decision identifies an upload. */
export function aboutRecord({ id, name, kind }: Pick<UploadRecord, 'id' | 'name' | 'kind'>) {
  return { kind: kind === 'partial' ? 'part' : 'upload', id, name } as const;
}
