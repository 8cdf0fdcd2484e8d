import { readSync } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { setImmediate } from 'node:timers/promises';
import { allocateBlock } from '../../storage/model/io-block.ts';

/** A block that takes longer does not come from memory (milliseconds). */
const SLOW = 1;
/** How many blocks the thread pool reads after a slow one. */
const POOLED = 32;
/** How many blocks are read before others get their turn. */
const TURN = 16;

/** Reads the blocks of a range; fewer than were asked for where the file ends. */
export type Reading = (from: number, to: number) => AsyncGenerator<Buffer>;

/**
 * Reads a file in blocks. While they come from memory, the thread that sends them reads them: they stay in
 * the cache of its processor, and no other thread has to be woken up. While they come from a disk, the thread
 * pool reads the next one as the last one is being used.
 *
 * A block is overwritten when the second one after it is asked for.
 */
export function createReading(handle: FileHandle, blockSize: number): Reading {
  let pooled = 0;
  const readHere = (buffer: Buffer, at: number) => {
    const begun = performance.now();
    const length = readSync(handle.fd, buffer, 0, buffer.length, at);
    if (performance.now() - begun > SLOW) pooled = POOLED;
    return buffer.subarray(0, length);
  };
  const readInPool = async (buffer: Buffer, at: number) => {
    pooled -= 1;
    const { bytesRead } = await handle.read(buffer, 0, buffer.length, at);
    return buffer.subarray(0, bytesRead);
  };
  return async function* readBlocks(from, to) {
    const size = Math.min(blockSize, to - from);
    const buffers = [0, 1, 2].map(() => allocateBlock(size));
    let ahead: Promise<Buffer> | undefined;
    for (let at = from, turn = 0; at < to; ) {
      const next = () => buffers[turn % buffers.length]!.subarray(0, Math.min(size, to - at));
      const block: Buffer = ahead ? await ahead : readHere(next(), at);
      if (block.length === 0) return;
      at += block.length;
      turn += 1;
      ahead = at < to && pooled > 0 ? readInPool(next(), at) : undefined;
      // Awaited in the next round, unless nobody asks for it.
      ahead?.catch(() => {});
      if (!ahead && turn % TURN === 0) await setImmediate();
      yield block;
    }
  };
}
