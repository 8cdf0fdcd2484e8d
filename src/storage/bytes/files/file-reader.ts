import { close, closeSync, fstatSync, read } from 'node:fs';
import { promisify } from 'node:util';
import { Fault } from '../../../fault.ts';
import { ReusedBlocks } from '../../model/reused-blocks.ts';
import type { Reader } from '../bytes.ts';

const readAsync = promisify(read);

/** Bytes per read: fewer round trips to the thread pool than a stream makes. */
const BLOCK = 512 * 1024;

const blocks = new ReusedBlocks(BLOCK, 16);

/** Up to this size closing a file takes less time than a round trip to the thread pool (bytes). */
const SMALL = 256 * 1024;

/**
 * An open data file. A plain descriptor: on the path that every upload takes, a FileHandle costs
 * several times as much as the system call.
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

  async *blocks(from: number, to: number): AsyncGenerator<Buffer> {
    const block = blocks.take();
    for (let position = from; position < to; ) {
      const want = Math.min(BLOCK, to - position);
      const { bytesRead } = await readAsync(this.fd, block, 0, want, position);
      if (bytesRead === 0) {
        throw new Fault('IO', `a data file ended at byte ${position}, before byte ${to}`);
      }
      yield block.subarray(0, bytesRead);
      position += bytesRead;
    }
    // Not reached when the consumer stops early: the kernel may still be using the block.
    blocks.giveBack(block);
  }

  close(): void {
    if (!this.#open) return;
    this.#open = false;
    let small = false;
    try {
      small = this.size <= SMALL;
      if (small) closeSync(this.fd);
    } catch {
      // Bytes that must be on the disk were synced: a late error must not undo what is recorded.
    }
    if (!small) close(this.fd, () => {});
  }
}
