import { type Checksum, createDigest, type Digest } from './checksum.ts';
import type { SentFile } from './sent-file.ts';

/** Checksums of ranges of a file that follow each other. */
export interface DigestAhead {
  /** The digest of a range; reads what has not been read ahead of it. */
  of(from: number, to: number): Promise<Digest>;
  /** Goes on with the range that begins at `from`, by one block and at most to `limit`. */
  advance(from: number, limit: number): Promise<void>;
}

interface Begun {
  readonly from: number;
  at: number;
  readonly digest: Digest;
  readonly blocks: AsyncIterator<Buffer>;
}

/**
 * The checksum of a request goes out before its bytes. Its range is read while the one before it is on its
 * way, so that the server need not wait; the second reading finds it in the page cache. `end` is where the
 * last range ends, `blockSize` what is read at a time (bytes).
 */
export function createDigestAhead(
  file: SentFile,
  algorithm: Checksum,
  { end, blockSize }: { readonly end: number; readonly blockSize: number },
): DigestAhead {
  let begun: Begun | null = null;
  const begin = (from: number): Begun => ({
    from,
    at: from,
    digest: createDigest(algorithm),
    blocks: file.blocks(from, end)[Symbol.asyncIterator](),
  });
  const drop = async () => {
    await begun?.blocks.return?.();
    begun = null;
  };
  return {
    async of(from, to) {
      const ahead = begun?.from === from && begun.at <= to ? begun : null;
      const digest = ahead?.digest ?? createDigest(algorithm);
      const at = ahead?.at ?? from;
      await drop();
      for await (const block of file.blocks(at, to)) digest.update(block);
      return digest;
    },
    async advance(from, limit) {
      if (begun?.from !== from) {
        await drop();
        begun = begin(from);
      }
      const ahead = begun!;
      if (ahead.at + blockSize > limit) return;
      const { value, done } = await ahead.blocks.next();
      if (done) return;
      ahead.digest.update(value);
      ahead.at += value.length;
    },
  };
}
