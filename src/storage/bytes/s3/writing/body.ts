import { createHash } from 'node:crypto';
import type { Body } from '../calls/object-store.ts';
import type { Piece } from '../spool/piece.ts';

/** The bytes of a piece, which must not change or be released while they are sent. */
export async function bodyOf(piece: Piece): Promise<Body> {
  return { size: piece.size, sha256: await piece.digest(), bytes: () => piece.blocksToSend() };
}

/** A few bytes in memory. */
export function smallBody(bytes: Buffer): Body {
  return {
    size: bytes.length,
    sha256: createHash('sha256').update(bytes).digest('hex'),
    async *bytes() {
      yield bytes;
    },
  };
}
