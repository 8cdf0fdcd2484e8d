import type { TimelineEntry } from '../../storage/model/timeline.ts';
import type { UploadRecord } from '../../storage/model/upload.ts';

/** Kinds of what can be imported; the words of --from. */
export const SOURCE_KINDS = [
  'tusd',
  'file-store',
  'tuspyserver',
  'files',
  'tusd-ts',
  'export',
] as const;

export type SourceKind = (typeof SOURCE_KINDS)[number];

/** An upload that was found and can be imported. */
export interface Candidate {
  readonly what: 'upload';
  /** null in a dry run for a file that would get a new id. */
  readonly id: string | null;
  /** Where it was found, for people. */
  readonly from: string;
  readonly kind: UploadRecord['kind'];
  readonly length: number | null;
  readonly metadata: string | null;
  readonly parts: readonly string[];
  /** The path of its bytes; null when there are none. */
  readonly file: string | null;
  /** How many bytes of the file belong to the upload. */
  readonly received: number;
  /** Milliseconds since the epoch; null when it is not known. */
  readonly createdAt: number | null;
  /** Files that describe the upload, to be removed with it when it is moved. */
  readonly companions: readonly string[];
  /** What this program had recorded of it, taken over as it is. */
  readonly own?: { readonly record: UploadRecord; readonly timeline: readonly TimelineEntry[] };
}

/** Something that was found and cannot be imported. */
export interface Oddity {
  readonly what: 'oddity';
  readonly from: string;
  /** A clause. */
  readonly why: string;
}

export type Found = Candidate | Oddity;

/** A place that uploads are imported from. */
export interface Source {
  readonly kind: SourceKind;
  /** Everything that is there; final uploads come after their parts. */
  found(): AsyncIterable<Found>;
  close(): Promise<void>;
}

export function oddity(from: string, why: string): Oddity {
  return { what: 'oddity', from, why };
}
