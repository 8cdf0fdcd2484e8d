import { isGone, isUnjoined, type StoredUpload } from '../../storage/model/upload.ts';
import type { Reads } from '../../storage/reads.ts';

/**
 * Whether an upload of the target is the one of the source, as it is there or further on: its clients may
 * have continued it at the target. null when it is, otherwise a clause that says why not. `counted` are
 * the bytes that the source has.
 */
export async function sameUpload(
  target: Reads,
  there: StoredUpload,
  here: StoredUpload,
  counted: number,
): Promise<string | null> {
  const same =
    there.kind === here.kind &&
    there.createdAt === here.createdAt &&
    there.metadata === here.metadata &&
    (here.length === null || there.length === here.length);
  if (!same) return 'another upload of its id is there';
  if (isGone(there)) return null;
  if (isGone(here)) return 'it was removed here since it was copied: remove it there';
  if (isUnjoined(here)) return null;
  if (there.offset < counted) {
    return `it has gone on here since it was copied: ${there.offset} bytes are there, ${counted} here; remove it there and repeat`;
  }
  if (there.offset === counted && here.offset === counted && there.crc32 !== here.crc32) {
    return 'it has other bytes there';
  }
  const size = await target.size(there);
  return size === null || size < there.offset ? 'its bytes are missing there' : null;
}
