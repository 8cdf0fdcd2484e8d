import { type Checksum, createDigest } from './checksum.ts';
import type { ContentCrc } from './content-crc.ts';
import type { RequestSize } from './request-size.ts';
import type { SentFile } from './sent-file.ts';
import type { Piece, PieceSource } from './tus-attempt.ts';

export interface FilePiecesOptions {
  readonly file: SentFile;
  /** The range of the file that makes up the upload. */
  readonly from: number;
  readonly to: number;
  /** null sends no checksums. */
  readonly checksum: Checksum | null;
  readonly requestSize: RequestSize;
  readonly crc: ContentCrc;
  /** Waits until so many bytes may be sent. */
  readonly pace: (bytes: number) => Promise<void>;
}

/** A range of a file as the content of an upload. */
export function filePieces(options: FilePiecesOptions): PieceSource {
  const { file, from, to, checksum, requestSize } = options;
  return {
    size: to - from,
    async piece(start) {
      const begin = from + start;
      const end = Math.min(to, begin + requestSize.current);
      const digest = checksum === null ? null : await digestOf(options, checksum, begin, end);
      const piece: Piece = {
        size: end - begin,
        checksum: digest,
        blocks: () => send(options, begin, end, checksum !== 'crc32'),
      };
      await file.assertUnchanged();
      return { piece, done: end === to };
    },
  };
}

/**
 * Reads a range once before it is sent: its checksum goes out first. The second reading finds it in
 * the page cache.
 */
async function digestOf(
  { file, crc }: FilePiecesOptions,
  algorithm: Checksum,
  from: number,
  to: number,
): Promise<string> {
  const digest = createDigest(algorithm);
  for await (const block of file.blocks(from, to)) digest.update(block);
  const value = digest.crc32();
  if (value !== null) crc.add({ from, to, crc: value });
  return digest.header();
}

async function* send(
  { file, crc, pace }: FilePiecesOptions,
  from: number,
  to: number,
  countsCrc: boolean,
): AsyncGenerator<Buffer> {
  const reader = countsCrc ? crc.reader(from) : null;
  let at = from;
  for await (const block of file.blocks(from, to)) {
    await pace(block.length);
    reader?.push(block);
    at += block.length;
    // Before the last bytes complete the upload, so that a changed file never becomes one.
    if (at === to) await file.assertUnchanged();
    yield block;
  }
  reader?.end();
}
