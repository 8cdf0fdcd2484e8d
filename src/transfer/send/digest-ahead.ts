import { type Checksum, checksumHeader, createDigest } from './checksum.ts';
import type { DigestThread } from './digest-thread.ts';
import { fileTooShort, readFault, type SentFile } from './sent-file.ts';

/** The checksum of a range. */
export interface RangeDigest {
  readonly to: number;
  /** The value of Upload-Checksum. */
  readonly header: string;
  /** The CRC-32, if that is what was computed. */
  readonly crc32: number | null;
}

/** Checksums of ranges of a file that follow each other. */
export interface DigestAhead {
  /** The checksum of the range that begins at `from`: what was prepared, or that up to `to`. */
  of(from: number, to: number): Promise<RangeDigest>;
  /** Begins to compute what will be asked for next. */
  prepare(from: number, to: number): void;
}

/** A thread takes some hundredths of a second to start, as long as reading some 16 MiB does (bytes). */
const WORTH_A_THREAD = 16 * 2 ** 20;

/**
 * The checksum of a request goes out before its bytes. Its range is read by another thread while the one
 * before it is on its way, so that the server need not wait, nor the thread that sends; the second reading
 * finds it in the page cache.
 */
export function createDigestAhead(
  file: SentFile,
  algorithm: Checksum,
  thread: DigestThread,
): DigestAhead {
  let prepared: { readonly from: number; readonly digest: Promise<RangeDigest> } | null = null;

  async function here(from: number, to: number): Promise<RangeDigest> {
    const digest = createDigest(algorithm);
    for await (const block of file.blocks(from, to)) digest.update(block);
    return { to, header: digest.header(), crc32: digest.crc32() };
  }

  async function there(from: number, to: number): Promise<RangeDigest> {
    const job = { fd: file.fd, from, to, algorithm };
    const computed = await thread.compute(job).catch((error: unknown) => {
      throw readFault(file.path, error);
    });
    if (computed === null) return here(from, to);
    if (computed.end < to) throw fileTooShort(file.path, computed.end);
    const { crc32, base64 } = computed;
    return { to, header: checksumHeader(algorithm, crc32 ?? base64!), crc32 };
  }

  const large = file.size >= WORTH_A_THREAD;
  return {
    of(from, to) {
      const ready = prepared?.from === from ? prepared.digest : null;
      prepared = null;
      return ready ?? (large ? there : here)(from, to);
    },
    prepare(from, to) {
      if (!large || prepared?.from === from) return;
      const digest = there(from, to);
      // Thrown by the request that it is for.
      digest.catch(() => {});
      prepared = { from, digest };
    },
  };
}
