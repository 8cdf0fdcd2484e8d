import { createHash, type Hash } from 'node:crypto';
import { read, writev } from 'node:fs';
import { promisify } from 'node:util';
import { Fault } from '../../../../fault.ts';
import type { ReusedBlocks } from '../../../model/reused-blocks.ts';

const readAsync = promisify(read);

/** Bytes are kept in blocks of this size while they are in memory. */
export const BLOCK = 64 * 1024;
/** Bytes that are read from a file at a time. */
export const READ = 128 * 1024;

/** Memory and files for pieces. */
export interface Room {
  readonly hasMemory: boolean;
  /** Blocks that a socket holds for a while. */
  readonly toSend: ReusedBlocks;
  takeBlock(): Buffer;
  giveBack(blocks: readonly Buffer[]): void;
  /** An empty file without a name, or one whose bytes nobody needs. */
  openFile(): Promise<number>;
  closeFile(fd: number, size: number): void;
}

/**
 * Bytes that wait to be stored: in memory while there is some to spare, the rest in a file without a
 * name.
 */
export class Piece {
  readonly #room: Room;
  readonly #blocks: Buffer[] = [];
  /** Where the file begins; undefined while all bytes are in memory. */
  #fileFrom: number | undefined;
  #fd: number | undefined;
  #released = false;
  /** Of all bytes, as they came; undefined when some were dropped. */
  #sha256: Hash | undefined = createHash('sha256');
  size = 0;
  /** It takes no more bytes. */
  closed = false;
  /** Its bytes are stored elsewhere. */
  saved = false;

  constructor(room: Room) {
    this.#room = room;
  }

  /** true while `write` returns a number. */
  get immediate(): boolean {
    if (this.#fileFrom !== undefined) return false;
    return this.size < this.#blocks.length * BLOCK || this.#room.hasMemory;
  }

  /** Appends at most `most` bytes of the chunks. Returns how many: at least one. */
  write(chunks: readonly Buffer[], most: number): number | Promise<number> {
    const kept = this.#keep(chunks, most);
    if (kept === 0) return this.#append(chunks, most);
    this.#hash(chunks, kept);
    return kept;
  }

  /** SHA-256 of all bytes, in hex. */
  async digest(): Promise<string> {
    const hash = this.#sha256?.copy() ?? createHash('sha256');
    if (!this.#sha256) for await (const block of this.read()) hash.update(block);
    return hash.digest('hex');
  }

  /** The bytes [from, to). A block is valid until the next one is requested. */
  async *read(from = 0, to = this.size): AsyncGenerator<Buffer> {
    const buffer = Buffer.allocUnsafeSlow(this.#fileFrom === undefined ? 0 : READ);
    yield* this.#blocksOf(from, to, () => buffer);
  }

  /** All bytes in blocks that a socket may keep: their memory is not used again before `sent`. */
  blocksToSend(): AsyncGenerator<Buffer> {
    return this.#blocksOf(0, this.size, () => this.#room.toSend.take());
  }

  /** Nobody reads this block of `blocksToSend` any more. */
  sent(block: Uint8Array): void {
    this.#room.toSend.giveBack(block);
  }

  /** Drops the bytes from `length` on. */
  truncate(length: number): void {
    if (length < this.size) this.#sha256 = undefined;
    this.size = Math.min(this.size, length);
    this.#room.giveBack(this.#blocks.splice(Math.ceil(this.size / BLOCK)));
    // What comes next in the file goes where the memory ends.
    if (this.#fileFrom !== undefined) this.#fileFrom = Math.min(this.#fileFrom, this.size);
  }

  /** Gives memory and file back. Nothing may be reading. */
  release(): void {
    if (this.#released) return;
    this.#released = true;
    this.#room.giveBack(this.#blocks);
    if (this.#fd !== undefined) this.#room.closeFile(this.#fd, this.size);
  }

  async *#blocksOf(from: number, to: number, newBuffer: () => Buffer): AsyncGenerator<Buffer> {
    const inMemory = Math.min(to, this.#fileFrom ?? this.size);
    let position = from;
    while (position < inMemory) {
      const at = position % BLOCK;
      const count = Math.min(BLOCK - at, inMemory - position);
      yield this.#blocks[Math.floor(position / BLOCK)]!.subarray(at, at + count);
      position += count;
    }
    while (position < to) {
      const buffer = newBuffer();
      const want = Math.min(buffer.length, to - position);
      const at = position - this.#fileFrom!;
      const { bytesRead } = await readAsync(this.#fd!, buffer, 0, want, at);
      if (bytesRead === 0) throw new Fault('IO', 'a temporary file is shorter than it was');
      yield buffer.subarray(0, bytesRead);
      position += bytesRead;
    }
  }

  #keep(chunks: readonly Buffer[], most: number): number {
    let kept = 0;
    for (const chunk of chunks) {
      for (let done = 0; done < chunk.length && kept < most; ) {
        if (!this.immediate) return kept;
        const at = this.size % BLOCK;
        const index = Math.floor(this.size / BLOCK);
        if (index === this.#blocks.length) this.#blocks.push(this.#room.takeBlock());
        const count = Math.min(BLOCK - at, chunk.length - done, most - kept);
        chunk.copy(this.#blocks[index]!, at, done, done + count);
        done += count;
        kept += count;
        this.size += count;
      }
    }
    return kept;
  }

  async #append(chunks: readonly Buffer[], most: number): Promise<number> {
    this.#fd ??= await this.#room.openFile();
    this.#fileFrom ??= this.size;
    const fd = this.#fd;
    const at = this.size - this.#fileFrom;
    const count = await new Promise<number>((resolve, reject) => {
      writev(fd, atMost(chunks, most), at, (error, written) =>
        error ? reject(error) : resolve(written),
      );
    });
    this.size += count;
    this.#hash(chunks, count);
    return count;
  }

  #hash(chunks: readonly Buffer[], count: number): void {
    for (const taken of atMost(chunks, count)) this.#sha256?.update(taken);
  }
}

function atMost(chunks: readonly Buffer[], most: number): Buffer[] {
  const taken: Buffer[] = [];
  let left = most;
  for (const chunk of chunks) {
    if (left <= 0) break;
    taken.push(chunk.subarray(0, left));
    left -= chunk.length;
  }
  return taken;
}
