const NOTHING = Buffer.alloc(0);

/**
 * The same as `src/storage/bytes/s3/spool/piece.ts` for a few bytes: that one takes 64 KiB of memory and a
 * SHA-256, which no simulated server asks for.
 */
export class Piece {
  readonly immediate = true;
  #bytes = NOTHING;
  #truncated = false;
  closed = false;
  saved = false;

  get size(): number {
    return this.#bytes.length;
  }

  write(chunks: readonly Buffer[], most: number): number {
    const taken = Buffer.concat(chunks).subarray(0, most);
    this.#bytes = this.#bytes.length === 0 ? taken : Buffer.concat([this.#bytes, taken]);
    return taken.length;
  }

  async digest(): Promise<string> {
    // Takes as many turns as that one.
    if (this.#truncated) for await (const block of this.read()) void block;
    return '';
  }

  async *read(from = 0, to = this.size): AsyncGenerator<Buffer> {
    if (from < to) yield this.#bytes.subarray(from, to);
  }

  blocksToSend(): AsyncGenerator<Buffer> {
    return this.read();
  }

  sent(): void {}

  truncate(length: number): void {
    if (length >= this.size) return;
    this.#truncated = true;
    this.#bytes = this.#bytes.subarray(0, length);
  }

  /** Its memory is used for others from now on. */
  release(): void {
    this.#bytes.fill(0xee);
  }
}

/** Sizes of blocks, which the other one has. */
export const BLOCK = 1;
export const READ = 1;
