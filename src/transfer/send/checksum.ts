import { createHash } from 'node:crypto';
import { crc32 } from '../../storage/model/crc32.ts';

/** In the order of preference: the fastest first, since each request is checked on both sides. */
export const CHECKSUMS = ['crc32', 'sha1', 'sha256', 'md5', 'sha512'] as const;
export type Checksum = (typeof CHECKSUMS)[number];

export interface Digest {
  update(block: Buffer): void;
  /** The value of Upload-Checksum. */
  header(): string;
  /** The CRC-32, if that is what was computed. */
  crc32(): number | null;
}

export function createDigest(algorithm: Checksum): Digest {
  if (algorithm === 'crc32') {
    let crc = 0;
    return {
      update: (block) => {
        crc = crc32(block, crc);
      },
      header: () => checksumHeader(algorithm, crc),
      crc32: () => crc,
    };
  }
  const hash = createHash(algorithm);
  return {
    update: (block) => void hash.update(block),
    header: () => checksumHeader(algorithm, hash.digest('base64')),
    crc32: () => null,
  };
}

/** The value of Upload-Checksum for a CRC-32, or for another sum in Base64. */
export function checksumHeader(algorithm: Checksum, sum: number | string): string {
  if (typeof sum === 'string') return `${algorithm} ${sum}`;
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(sum >>> 0);
  return `${algorithm} ${bytes.toString('base64')}`;
}
