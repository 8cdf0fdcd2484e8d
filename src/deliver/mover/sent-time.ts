import { metadataText } from '../../storage/model/metadata.ts';
import type { UploadRecord } from '../../storage/model/upload.ts';

/** Years that a file system can hold for sure (milliseconds since the epoch). */
const LATEST = Date.UTC(2100, 0);
/** Smaller numbers are seconds: as milliseconds they would be in January 1970. */
const SECONDS = 100_000_000_000;

/**
 * The modification time that the client sent in its metadata: `lastModified` (browsers: milliseconds
 * since the epoch) or `mtime`, as a number or in ISO 8601. The time of the finish when it sent none that
 * makes sense.
 */
export function sentTime({
  metadata,
  finishedAt,
  activeAt,
}: Pick<UploadRecord, 'metadata' | 'finishedAt' | 'activeAt'>): Date {
  const text = metadataText(metadata, 'lastModified', 'lastmodified', 'mtime')?.trim() ?? '';
  const number = /^\d{1,16}(\.\d+)?$/.test(text) ? Number(text) : null;
  const isoDate = /^\d{4}-\d\d-\d\d/.test(text) ? Date.parse(text) : Number.NaN;
  const time = number === null ? isoDate : number < SECONDS ? number * 1000 : number;
  return new Date(time >= 0 && time < LATEST ? time : (finishedAt ?? activeAt));
}
