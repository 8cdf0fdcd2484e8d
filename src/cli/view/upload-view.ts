import { expiresAt, type RetentionPolicy } from '../../retention/policy.ts';
import { statusOf, type UploadRecord, type UploadStatus } from '../../storage/model/upload.ts';
import { formatIso } from '../../terminal/time.ts';

/** A record, and what it is called at a moment. */
export interface UploadView {
  readonly record: UploadRecord;
  readonly status: UploadStatus;
  /** Bytes that are here; those of the parts while a final upload is not joined. */
  readonly received: number;
  /** Milliseconds since the epoch; null for never. */
  readonly expiresAt: number | null;
}

/** What a record means at `now` (milliseconds since the epoch). */
export function viewOf(
  record: UploadRecord,
  policy: RetentionPolicy,
  now: number,
  received = record.offset,
): UploadView {
  const end = expiresAt(record, policy);
  return { record, status: statusOf(record, now, end), received, expiresAt: end };
}

/**
 * An upload for programs: sizes in bytes, times in ISO 8601, null for what is not known or not so.
 * The shape is stable: keys may be added, none goes away.
 */
export function viewJson({ record, status, received, expiresAt: end }: UploadView) {
  return {
    id: record.id,
    name: record.name,
    kind: record.kind,
    status,
    partCount: record.parts.length,
    received,
    offset: record.offset,
    length: record.length,
    createdAt: formatIso(record.createdAt),
    lastByteAt: formatIso(record.activeAt),
    finishedAt: isoOrNull(record.finishedAt),
    removedAt: isoOrNull(record.removedAt),
    removedWhy: record.removedWhy,
    expiresAt: isoOrNull(end),
  };
}

/** ISO 8601, or null. */
export function isoOrNull(at: number | null): string | null {
  return at === null ? null : formatIso(at);
}
