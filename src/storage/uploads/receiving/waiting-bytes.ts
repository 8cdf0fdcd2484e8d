import { ReusedBlocks } from '../../model/reused-blocks.ts';

/** The socket of a request is paused when this many bytes wait for the running write. */
export const HIGH_WATER = 512 * 1024;
/** Bytes of all requests that wait where they share memory, and the least for each. */
const ALL_WAITING = 16 * 1024 * 1024;
const LEAST_SHARE = 64 * 1024;
/** The most bytes that a read should bring where what waits shares memory. */
export const SHARED_READ = 64 * 1024;

/** Smaller copies take memory of their own (bytes). */
const SMALL = 32 * 1024;
/** Kept of each size for the next copies (bytes). */
const KEPT = 32 * 1024 * 1024;

/** A read from a socket seldom brings more of what has to wait. */
const POOLS = [SHARED_READ, 256 * 1024].map((size) => ({
  size,
  blocks: new ReusedBlocks(size, KEPT / size),
}));

/**
 * Instead of HIGH_WATER where bytes are sent on, and may wait for the slowest of several steps in all
 * requests at once.
 */
export function waitingShare(requests: number): number {
  return Math.min(HIGH_WATER, Math.max(LEAST_SHARE, ALL_WAITING / requests));
}

/** Copies bytes whose memory is reused before they are written. Release the copy with giveBack. */
export function copyToWait(bytes: Buffer): Buffer {
  const pool = POOLS.find(({ size }) => bytes.length <= size);
  if (bytes.length < SMALL || !pool) return Buffer.from(bytes);
  const copy = pool.blocks.take().subarray(0, bytes.length);
  bytes.copy(copy);
  return copy;
}

/** Releases a copy made by copyToWait once nothing reads it; ignores other memory. */
export function giveBack(copy: Buffer): void {
  for (const { blocks } of POOLS) blocks.giveBack(copy);
}
