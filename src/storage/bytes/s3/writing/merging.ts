import type { Piece } from '../spool/piece.ts';
import { append, load } from './copying.ts';
import type { OpenUpload } from './open-upload.ts';

/**
 * What the tails from `kept` on hold, and then what the pieces hold, as one piece: a new one, which the
 * caller releases, unless a single piece is all there is.
 */
export async function merge(
  upload: OpenUpload,
  pieces: readonly Piece[],
  kept = 0,
): Promise<Piece> {
  const [only] = pieces;
  if (only && pieces.length === 1 && kept === upload.ledger.layout.tails.length) return only;
  const merged = upload.shared.spool.newPiece();
  try {
    await loadTails(upload, merged, kept);
    for (const piece of pieces) {
      for await (const block of piece.read()) await append(merged, block);
    }
    return merged;
  } catch (error) {
    merged.release();
    throw error;
  }
}

/** Appends what the tails hold, from the one with the index `kept` on. */
export function loadTails(upload: OpenUpload, piece: Piece, kept: number): Promise<void> {
  const tails = upload.ledger.layout.tails.slice(kept);
  return load(
    upload,
    piece,
    tails.map((tail) => upload.sourceOf(tail)),
  );
}
