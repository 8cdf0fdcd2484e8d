import { expiresAt, type RetentionPolicy } from '../../retention/policy.ts';
import { statusOf, type UploadRecord, type UploadStatus } from '../../storage/model/upload.ts';
import { formatIso } from '../../terminal/time.ts';

/** A record with its status at a point in time. */
export interface UploadView {
  readonly record: UploadRecord;
  readonly status: UploadStatus;
  /** Received bytes; for a final upload that is not joined yet, those of its parts. */
  readonly received: number;
  /** Milliseconds since the epoch; null for never. */
  readonly expiresAt: number | null;
}

/** Evaluates a record at `now` (milliseconds since the epoch). */
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
 * An upload for programs: sizes in bytes, times in ISO 8601, null for unknown or absent values. The
 * format is stable: keys may be added, but not removed.
 */
export function viewJson({ record, status, received, expiresAt: end }: UploadView) {
  return {
    id: record.id,
    name: record.name,
    kind: record.kind,
    owner: record.owner,
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
