import { createHash } from 'node:crypto';

const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, index) => {
  let value = index;
  for (let bit = 0; bit < 8; bit += 1) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
  return value;
});

// By hand: zlib.crc32 is not in every Node that may run the suite.
function crc32(data: Buffer): Buffer {
  let state = 0xffffffff;
  for (const byte of data) state = (state >>> 8) ^ (CRC_TABLE[(state ^ byte) & 0xff] ?? 0);
  const digest = Buffer.alloc(4);
  digest.writeUInt32BE((state ^ 0xffffffff) >>> 0);
  return digest;
}

/** The algorithms that the suite can compute; a CRC-32 is taken as four bytes, the highest first. */
export const ALGORITHMS = ['sha1', 'sha256', 'sha512', 'md5', 'crc32'];

/** The value of Upload-Checksum for these bytes. */
export function checksum(algorithm: string, data: Buffer): string {
  const digest = algorithm === 'crc32' ? crc32(data) : createHash(algorithm).update(data).digest();
  return `${algorithm} ${digest.toString('base64')}`;
}
