import { close, closeSync, fstatSync, read } from 'node:fs';
import { promisify } from 'node:util';
import { Fault } from '../../../fault.ts';
import type { Reader } from '../bytes.ts';

const readAsync = promisify(read);

/** Read at a time: fewer trips to the thread pool than a stream makes (bytes). */
const BLOCK = 512 * 1024;

/** Blocks of memory that wait for the next reader; more than these are given back. */
const KEPT = 16;
const blocks: Buffer[] = [];

/** Up to this size a file closes in less time than it takes to ask the thread pool (bytes). */
const SMALL = 256 * 1024;

/**
 * An open data file. A bare descriptor, because a FileHandle costs the path that every upload takes
 * several times what the call itself does.
 */
export class FileReader implements Reader {
  protected readonly fd: number;
  #open = true;

  constructor(fd: number) {
    this.fd = fd;
  }

  /** Synchronous: the descriptor is open, so the kernel answers from memory. */
  get size(): number {
    return fstatSync(this.fd).size;
  }

  /**
   * One block of memory is used over and over: a new one for each read has its pages cleared by the
   * kernel each time, which costs as much as the reading.
   */
  async *blocks(from: number, to: number): AsyncGenerator<Buffer> {
    const block = blocks.pop() ?? Buffer.allocUnsafeSlow(BLOCK);
    for (let position = from; position < to; ) {
      const want = Math.min(BLOCK, to - position);
      const { bytesRead } = await readAsync(this.fd, block, 0, want, position);
      if (bytesRead === 0) {
        throw new Fault('IO', `a data file ended at byte ${position}, before byte ${to}`);
      }
      yield block.subarray(0, bytesRead);
      position += bytesRead;
    }
    // Of a reader that left early the kernel may still hold the last block.
    if (blocks.length < KEPT) blocks.push(block);
  }

  close(): void {
    if (!this.#open) return;
    this.#open = false;
    let small = false;
    try {
      small = this.size <= SMALL;
      if (small) closeSync(this.fd);
    } catch {
      // What had to be on the disk was synced: a late complaint must not undo what is recorded.
    }
    if (!small) close(this.fd, () => {});
  }
}
