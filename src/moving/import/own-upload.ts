import type { TimelineEntry } from '../../storage/model/timeline.ts';
import { isGone, isUnjoined, type UploadRecord } from '../../storage/model/upload.ts';
import { type Found, oddity } from './candidate.ts';
import { regularFile } from './info-file.ts';

/**
 * An upload of this program, with the history that it had. `path` is where its bytes should be. Bytes
 * that a rule has delivered elsewhere belong to others, and are not taken from them.
 */
export function ownUpload(
  record: UploadRecord,
  timeline: readonly TimelineEntry[],
  path: string,
  from: string,
  deliveredTo: string | null,
): Found {
  const { id, kind, length, metadata, parts, createdAt, offset, uncommittedFrom } = record;
  const hasBytes = !isGone(record) && !isUnjoined(record);
  const received = hasBytes ? Math.min(offset, uncommittedFrom ?? offset) : 0;
  const size = regularFile(path)?.size;
  if (hasBytes && deliveredTo !== null) {
    return oddity(from, `the bytes of ${id} were delivered to ${deliveredTo}`);
  }
  if (hasBytes && size === undefined) return oddity(from, `the data file of ${id} is missing`);
  if (hasBytes && (record.state === 'finished' ? size !== offset : (size ?? 0) < received)) {
    return oddity(from, `the data file of ${id} has ${size} bytes, recorded are ${received}`);
  }
  return {
    what: 'upload',
    ...{ id, from, kind, length, metadata, parts, received, createdAt },
    file: hasBytes ? path : null,
    companions: [],
    own: { record, timeline },
  };
}
