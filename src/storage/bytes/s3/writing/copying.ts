import { Lanes } from '../calls/lanes.ts';
import type { Source } from '../calls/object-store.ts';
import type { Piece } from '../spool/piece.ts';
import { bodyOf } from './body.ts';
import type { OpenUpload } from './open-upload.ts';

/** Parts that are copied at the same time: S3 moves the bytes itself. */
const AT_ONCE = 8;

/** The bytes [from, to) of what the sources hold one after the other. */
export function cutOut(sources: readonly Source[], from: number, to: number): Source[] {
  const cut: Source[] = [];
  let begin = 0;
  for (const source of sources) {
    const end = begin + source.to - source.from;
    if (end > from && begin < to) {
      cut.push({
        key: source.key,
        from: source.from + Math.max(0, from - begin),
        to: source.to - Math.max(0, end - to),
      });
    }
    begin = end;
  }
  return cut;
}

export function lengthOf(sources: readonly Source[]): number {
  return sources.reduce((sum, { from, to }) => sum + to - from, 0);
}

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

/** A multipart upload that no layout names yet, so that its numbers need no reservation. */
export interface Copy {
  readonly file: string;
  readonly id: string;
  /** Of its parts, which are numbered from 1 on. */
  readonly etags: readonly string[];
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
    // Nobody else knows of it, and no part is on its way: it cannot be completing.
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
