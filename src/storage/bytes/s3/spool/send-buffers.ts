/** Bytes that are read from a file at a time. */
export const READ = 128 * 1024;
/** Buffers that are kept for the next reads. */
const KEPT = 64;

/**
 * Memory for blocks that a socket holds for a while. New memory for each would be garbage of some 60 MiB
 * before V8 collects it.
 */
export class SendBuffers {
  readonly #ours = new WeakSet<ArrayBufferLike>();
  readonly #free: Buffer[] = [];

  take(): Buffer {
    const free = this.#free.pop();
    if (free) return free;
    const buffer = Buffer.allocUnsafeSlow(READ);
    this.#ours.add(buffer.buffer);
    return buffer;
  }

  /** Takes the memory of a block back that nobody reads any more; ignores other memory. */
  giveBack({ buffer }: Uint8Array): void {
    if (this.#ours.has(buffer) && this.#free.length < KEPT) this.#free.push(Buffer.from(buffer));
  }

  clear(): void {
    this.#free.length = 0;
  }
}
