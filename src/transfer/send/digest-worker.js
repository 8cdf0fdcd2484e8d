// Computes checksums of ranges of files in a thread of its own, ahead of the thread that sends them.
// JavaScript, because a thread of Node 20 cannot be started from TypeScript when the program runs from
// its sources.
import { createHash } from 'node:crypto';
import { readSync } from 'node:fs';
import { createRequire } from 'node:module';
import { parentPort } from 'node:worker_threads';
import { crc32 as portable } from 'node:zlib';

/** Fits into the cache that a processor has for itself (bytes). */
const BLOCK = 256 * 1024;
/** Begins at a line of the cache: see src/storage/model/io-block.ts. */
const buffer = Buffer.allocUnsafeSlow(BLOCK + 48).subarray(48);
const crc32 = packaged() ?? portable;

/** @returns {((bytes: Uint8Array, before: number) => number) | undefined} */
function packaged() {
  try {
    return createRequire(import.meta.url)('@node-rs/crc32').crc32;
  } catch {
    return undefined;
  }
}

/**
 * Reads a range and computes its checksum. `end` is where reading ended: before `to` if the file does.
 *
 * @param {{ fd: number, from: number, to: number, algorithm: string, stop: Int32Array }} job
 * @returns {{ end: number, crc32: number | null, base64: string | null }}
 */
function compute({ fd, from, to, algorithm, stop }) {
  const hash = algorithm === 'crc32' ? null : createHash(algorithm);
  let crc = 0;
  let end = from;
  while (end < to && Atomics.load(stop, 0) === 0) {
    const length = readSync(fd, buffer, 0, Math.min(BLOCK, to - end), end);
    if (length === 0) break;
    const block = buffer.subarray(0, length);
    if (hash === null) crc = crc32(block, crc);
    else hash.update(block);
    end += length;
  }
  return { end, crc32: hash === null ? crc : null, base64: hash?.digest('base64') ?? null };
}

parentPort?.on('message', ({ number, ...job }) => {
  try {
    parentPort?.postMessage({ number, computed: compute(job) });
  } catch (error) {
    parentPort?.postMessage({ number, error });
  }
});
