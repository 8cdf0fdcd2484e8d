import { allocateBlock } from './io-block.ts';

/**
 * Blocks of memory of one size that are used again. New ones would be garbage for a while, and the kernel
 * would clear their pages, which costs more than a copy into them. Their contents are not cleared.
 */
export class ReusedBlocks {
  readonly #size: number;
  readonly #most: number;
  readonly #free: Buffer[] = [];
  readonly #ours = new WeakMap<ArrayBufferLike, Buffer>();

  /** `size` in bytes; `most` is how many free blocks are kept. */
  constructor(size: number, most: number) {
    this.#size = size;
    this.#most = most;
  }

  take(): Buffer {
    const free = this.#free.pop();
    if (free) return free;
    const block = allocateBlock(this.#size);
    this.#ours.set(block.buffer, block);
    return block;
  }

  /** Takes a block back, given any part of it, once nobody uses it. Ignores other memory. */
  giveBack({ buffer }: Uint8Array): void {
    const block = this.#ours.get(buffer);
    if (block && this.#free.length < this.#most) this.#free.push(block);
  }

  /** Lets go of the free ones. */
  clear(): void {
    this.#free.length = 0;
  }
}
