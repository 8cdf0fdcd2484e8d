import { crc32 as portable } from 'node:zlib';

/**
 * CRC-32 (that of zlib, IEEE 802.3) of `bytes` that follow others whose CRC-32 is `before`; 0 before
 * the first. The packaged one uses the processor's instructions and is three times as fast as
 * zlib's; where it has no build for the machine, zlib's does.
 */
export const crc32: (bytes: Uint8Array, before: number) => number = await import('@node-rs/crc32')
  .then(({ crc32 }) => crc32)
  .catch(() => (bytes: Uint8Array, before: number) => {
    // zlib takes an empty buffer without memory for a question about its initial value.
    return bytes.length === 0 ? before : portable(bytes, before);
  });
