import { Fault } from '../../../../fault.ts';
import { crc32 } from '../../../model/crc32.ts';
import { combineCrc32 } from '../../../model/crc32-combine.ts';
import { cutOut, lengthOf, wholeOf } from '../calls/sources.ts';
import type { Copy } from '../layout/ledger.ts';
import type { Piece } from '../spool/piece.ts';
import { copyParts, load } from './copying.ts';
import type { OpenUpload } from './open-upload.ts';

/** The finished object of a part of a joined upload. */
export interface PartSource {
  readonly key: string;
  readonly size: number;
  readonly crc32: number;
}

export interface Joined {
  /** undefined when all bytes together are less than a part. */
  readonly copy: Copy | undefined;
  readonly crc32: number;
  /** Of the bytes behind the last whole part, which are in the piece. */
  readonly restLength: number;
  readonly restCrc32: number;
}

/**
 * Copies the bytes of finished objects one behind the other into a new multipart upload, and what is
 * less than a part into `piece`. S3 copies, and the CRC-32 of the whole comes from those of the parts: no
 * byte is read but around the boundaries. Throws UNAVAILABLE when `cut` returns true.
 */
export async function joinInto(
  upload: OpenUpload,
  parts: readonly PartSource[],
  piece: Piece,
  cut: () => boolean,
): Promise<Joined> {
  const { partSize } = upload.ledger.layout;
  const check = () => {
    if (cut()) throw new Fault('UNAVAILABLE', 'the join was cut short', { retryAfter: 5 });
  };
  const sources = parts.map(({ key, size }) => wholeOf(key, size));
  const length = lengthOf(sources);
  const whole = length - (length % partSize);
  check();
  const copy = whole > 0 ? await copyParts(upload, sources, partSize, check) : undefined;
  let restCrc32 = 0;
  const rest = cutOut(sources, whole, length);
  for (const source of rest) {
    check();
    await load(upload, piece, [source], (block) => {
      restCrc32 = crc32(block, restCrc32);
    });
  }
  return {
    copy,
    crc32: parts.reduce((crc, part) => combineCrc32(crc, part.crc32, part.size), 0),
    restLength: length - whole,
    restCrc32,
  };
}
