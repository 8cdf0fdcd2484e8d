import type { UploadRecord } from '../storage/model/upload.ts';

/** What a sweep did, or would do, with one upload or file, and why. */
export interface SweepDecision {
  readonly action: 'removed' | 'kept' | 'would-remove' | 'would-keep' | 'failed';
  readonly kind: 'upload' | 'part' | 'file';
  /** The upload's id, or the name of a file without a record. */
  readonly id: string;
  /** What the client called the file (hostile text), or null. */
  readonly name: string | null;
  /** On disk; what a removal freed. */
  readonly bytes: number;
  readonly reason: SweepReason;
}

/** Periods are milliseconds. */
export type SweepReason =
  /** Past its limit. part: a finished part of a final upload that nobody completed. */
  | {
      readonly code: 'unfinished' | 'part' | 'finished';
      readonly idle: number;
      readonly limit: number;
    }
  /** A removal that was begun earlier and did not come to its end. */
  | { readonly code: 'begun' }
  /** A record whose data file is gone. */
  | { readonly code: 'file-missing' }
  /** The same, but there is no data file at all: rather a disk that is not mounted. */
  | { readonly code: 'folder-empty' }
  /** A file without a record, untouched for `idle`. */
  | { readonly code: 'no-record'; readonly idle: number }
  /** Somebody is writing it. */
  | { readonly code: 'writing' }
  /** A final upload that is not complete yet needs this part. */
  | { readonly code: 'needed' }
  /** It changed while the sweep was looking. */
  | { readonly code: 'changed' }
  | { readonly code: 'not-yet'; readonly idle: number; readonly expiresIn: number }
  /** The policy keeps it for ever. */
  | { readonly code: 'never' }
  | { readonly code: 'error'; readonly message: string };

/** What became of the uploads and files that a sweep had to decide about. */
export interface SweepSummary {
  /** Uploads, parts and files removed, or that would be. */
  readonly removed: number;
  readonly removedUploads: number;
  readonly removedParts: number;
  /** Files without a record. */
  readonly removedFiles: number;
  readonly failed: number;
  /** What the removals freed, or would. */
  readonly bytes: number;
  /** Files without a record that were left where they are. */
  readonly orphans: number;
  /** Uploads removed long ago that are no longer remembered. */
  readonly forgotten: number;
}

const REMOVED = {
  upload: 'removedUploads',
  part: 'removedParts',
  file: 'removedFiles',
} as const;

/** Adds decisions up. */
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

/** How a decision names an upload. */
export function aboutRecord({ id, name, kind }: Pick<UploadRecord, 'id' | 'name' | 'kind'>) {
  return { kind: kind === 'partial' ? 'part' : 'upload', id, name } as const;
}
