import type { Body } from '../calls/object-store.ts';
import type { Piece } from '../spool/piece.ts';

/** The bytes of a piece, which must not change or be released while they are sent. */
export async function bodyOf(piece: Piece): Promise<Body> {
  return {
    size: piece.size,
    sha256: await piece.digest(),
    bytes: () => piece.blocksToSend(),
    sent: (block) => piece.sent(block),
  };
}
