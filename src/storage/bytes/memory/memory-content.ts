import { Fault } from '../../../fault.ts';

/** The bytes of an upload are in blocks of this size; the last one may be smaller (bytes). */
export const BLOCK = 64 * 1024;

const SMALLEST_BLOCK = 4 * 1024;

/** The memory limit of all uploads together. */
export class Budget {
  readonly #limit: number;
  #used = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  get left(): number {
    return this.#limit - this.#used;
  }

  /** Returns false, and takes nothing, when fewer bytes are left. */
  take(bytes: number): boolean {
    if (bytes > this.left) return false;
    this.#used += bytes;
    return true;
  }

  giveBack(bytes: number): void {
    this.#used -= bytes;
  }
}

/** The bytes of one upload. Full blocks are never moved, so appending stays cheap. */
export class MemoryContent {
  readonly #budget: Budget;
  readonly #blocks: Buffer[] = [];
  #released = false;
  size = 0;
  modifiedAt: number;

  constructor(budget: Budget, now: number) {
    this.#budget = budget;
    this.modifiedAt = now;
  }

  /** Writes at the end, or over existing bytes. Returns how many bytes the budget allowed. */
  put(chunk: Buffer, position: number, now: number): number {
    let done = 0;
    while (done < chunk.length) {
      const at = position + done;
      const [index, offset] = [Math.floor(at / BLOCK), at % BLOCK];
      const count = Math.min(chunk.length - done, BLOCK - offset);
      const block = this.#blockFor(index, offset + count);
      if (block === undefined) break;
      chunk.copy(block, offset, done, done + count);
      done += count;
    }
    this.size = Math.max(this.size, position + done);
    this.modifiedAt = now;
    return done;
  }

  truncate(length: number): void {
    const kept = Math.ceil(length / BLOCK);
    for (const block of this.#blocks.splice(kept)) this.#giveBack(block.length);
    this.size = Math.min(this.size, length);
  }

  /** The bytes from `from` to `to`, or to the end of their block. */
  slice(from: number, to: number): Buffer {
    const offset = from % BLOCK;
    const block = this.#blocks[Math.floor(from / BLOCK)] ?? Buffer.alloc(0);
    return block.subarray(offset, Math.min(BLOCK, offset + to - from));
  }

  /** Returns the bytes to the budget. Open readers can still read them. */
  release(): void {
    if (this.#released) return;
    for (const block of this.#blocks) this.#giveBack(block.length);
    this.#released = true;
  }

  /** The block with room for `length` bytes; undefined when the budget has none. */
  #blockFor(index: number, length: number): Buffer | undefined {
    const block = this.#blocks[index];
    if (block !== undefined && block.length >= length) return block;
    let wanted = block?.length ?? SMALLEST_BLOCK;
    while (wanted < length) wanted *= 2;
    const more = wanted - (block?.length ?? 0);
    if (!this.#released && !this.#budget.take(more)) return undefined;
    const grown = Buffer.alloc(wanted);
    block?.copy(grown);
    this.#blocks[index] = grown;
    return grown;
  }

  #giveBack(bytes: number): void {
    if (!this.#released) this.#budget.giveBack(bytes);
  }
}

export function noMemory(): Fault {
  return new Fault('NO_SPACE', 'the memory for uploads is used up');
}
