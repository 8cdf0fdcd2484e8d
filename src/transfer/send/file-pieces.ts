import type { Checksum } from './checksum.ts';
import type { ContentCrc } from './content-crc.ts';
import { createDigestAhead } from './digest-ahead.ts';
import type { DigestThread } from './digest-thread.ts';
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
  readonly thread: DigestThread;
  readonly requestSize: RequestSize;
  readonly crc: ContentCrc;
  /** Waits until so many bytes may be sent. */
  readonly pace: (bytes: number) => Promise<void>;
}

/** A range of a file as the content of an upload. */
export function filePieces(options: FilePiecesOptions): PieceSource {
  const { file, from, to, checksum, thread, requestSize, crc } = options;
  const digests = checksum && createDigestAhead(file, checksum, thread);
  const endOf = (begin: number) => Math.min(to, begin + requestSize.current);
  return {
    size: to - from,
    async piece(start) {
      const begin = from + start;
      const digest = (await digests?.of(begin, endOf(begin))) ?? null;
      const end = digest?.to ?? endOf(begin);
      if (digest && digest.crc32 !== null) crc.add({ from: begin, to: end, crc: digest.crc32 });
      const piece: Piece = {
        size: end - begin,
        checksum: digest?.header ?? null,
        blocks() {
          if (end < to) digests?.prepare(end, endOf(end));
          return send(options, begin, end);
        },
      };
      await file.assertUnchanged();
      return { piece, done: end === to };
    },
  };
}

async function* send(
  { file, crc, pace, checksum }: FilePiecesOptions,
  begin: number,
  end: number,
): AsyncGenerator<Buffer> {
  const reader = checksum === 'crc32' ? null : crc.reader(begin);
  let at = begin;
  for await (const block of file.blocks(begin, end)) {
    await pace(block.length);
    reader?.push(block);
    at += block.length;
    // Before the last bytes complete the upload, so that a changed file never becomes one.
    if (at === end) await file.assertUnchanged();
    yield block;
  }
  reader?.end();
}
