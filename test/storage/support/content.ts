import { crc32 } from 'node:zlib';

/** So many bytes that look random; the same for the same seed. */
export function bytes(length: number, seed = 1): Buffer {
  const buffer = Buffer.alloc(length);
  let value = seed;
  for (let index = 0; index < length; index++) {
    value = (value * 1103515245 + 12345) & 0x7fffffff;
    buffer[index] = value >> 16;
  }
  return buffer;
}

export function crcOf(content: Buffer): number {
  return crc32(content);
}
