import type { TimelineEntry } from '../../storage/model/timeline.ts';
import type { StoredUpload } from '../../storage/model/upload.ts';

/** The first line of an export. */
export interface ExportHead {
  readonly format: 'tusd-ts export';
  readonly version: 1;
  /** ISO 8601, here and below. */
  readonly exportedAt: string;
  /** The folder of the files, each called by the id of its upload. */
  readonly files: string;
}

/** The last line of an export; without it the export is not complete. */
export interface ExportEnd {
  readonly end: true;
  readonly uploads: number;
}

export function headOf(files: string, now: number): ExportHead {
  return { format: 'tusd-ts export', version: 1, exportedAt: iso(now), files };
}

/** An upload as one line of JSON. The format is stable: keys may be added, but not removed. */
export function lineOf(record: StoredUpload, timeline: readonly TimelineEntry[]) {
  const {
    createdAt,
    activeAt,
    finishedAt,
    removedAt,
    expiresAt,
    crc32,
    seq: _,
    name,
    ...same
  } = record;
  return {
    ...same,
    name,
    crc32: crc32.toString(16).padStart(8, '0'),
    createdAt: iso(createdAt),
    lastByteAt: iso(activeAt),
    finishedAt: finishedAt === null ? null : iso(finishedAt),
    removedAt: removedAt === null ? null : iso(removedAt),
    endsAt: expiresAt === null ? null : iso(expiresAt),
    timeline: timeline.map(({ at, ...entry }) => ({
      at: iso(at),
      ...entry,
      ...('until' in entry ? { until: iso(entry.until) } : {}),
    })),
  };
}

function iso(ms: number): string {
  return new Date(ms).toISOString();
}
