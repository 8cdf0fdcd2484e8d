import { Lanes } from '../calls/lanes.ts';
import type { Source } from '../calls/object-store.ts';
import { cutOut, lengthOf } from '../calls/sources.ts';
import type { Copy } from '../layout/ledger.ts';
import type { Piece } from '../spool/piece.ts';
import { bodyOf } from './body.ts';
import type { OpenUpload } from './open-upload.ts';

/** Parts that are copied at the same time: S3 moves the bytes itself. */
const AT_ONCE = 8;

/** Appends the bytes of the sources to a piece. `onBlock` may throw to end it. */
export async function load(
  { calls }: Pick<OpenUpload, 'calls'>,
  piece: Piece,
  sources: readonly Source[],
  onBlock: (block: Buffer) => void = () => {},
): Promise<void> {
  for (const source of sources) {
    for await (const block of calls.read(source)) {
      onBlock(block);
      await append(piece, block);
    }
  }
}

export async function append(piece: Piece, block: Buffer): Promise<void> {
  let rest = block;
  while (rest.length > 0) rest = rest.subarray(await piece.write([rest], rest.length));
}

/**
 * Copies whole parts of `partSize` bytes out of the sources into a new multipart upload, as far as they
 * go. A part that lies in one source is copied by S3; one that spans a boundary is read and sent.
 * `check` may throw between two parts.
 */
export async function copyParts(
  upload: OpenUpload,
  sources: readonly Source[],
  partSize: number,
  check: () => void,
): Promise<Copy> {
  const count = Math.floor(lengthOf(sources) / partSize);
  // No layout names it yet, so that its numbers need no reservation.
  const { file, id } = await upload.beginMultipart();
  const lanes = new Lanes(AT_ONCE);
  let failed = false;
  try {
    const etags = await Promise.all(
      Array.from({ length: count }, (_, index) =>
        lanes.run(async () => {
          // One failure is enough: the others need not begin.
          if (failed) return '';
          try {
            check();
            const from = index * partSize;
            const cut = cutOut(sources, from, from + partSize);
            return await copyPart(upload, { file, id, number: index + 1 }, cut);
          } catch (error) {
            failed = true;
            throw error;
          }
        }),
      ),
    );
    return { file, id, etags };
  } catch (error) {
    // No record names it, and no part is on its way: it cannot be completing.
    await upload.calls.abort(upload.keyOf(file), id).catch(() => {});
    throw error;
  }
}

interface Target {
  readonly file: string;
  readonly id: string;
  readonly number: number;
}

async function copyPart(
  upload: OpenUpload,
  { file, id, number }: Target,
  sources: readonly Source[],
): Promise<string> {
  const { calls, shared } = upload;
  const [first] = sources;
  if (first && sources.length === 1) return calls.copyPart(upload.keyOf(file), id, number, first);
  const piece = shared.spool.newPiece();
  try {
    await load(upload, piece, sources);
    const body = await bodyOf(piece);
    return await calls.uploadPart(upload.keyOf(file), id, number, body);
  } finally {
    piece.release();
  }
}
