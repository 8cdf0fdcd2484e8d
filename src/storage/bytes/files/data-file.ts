import { close, closeSync, fstatSync, ftruncate, read, write } from 'node:fs';
import { promisify } from 'node:util';

const truncateAsync = promisify(ftruncate);
const readAsync = promisify(read);
const writeAsync = promisify(write);

/**
 * An open data file. A bare descriptor, because a FileHandle costs the path that every upload takes
 * several times what the call itself does.
 */
export class DataFile {
  readonly fd: number;
  #open = true;

  constructor(fd: number) {
    this.fd = fd;
  }

  /** Bytes in the file. Synchronous: the descriptor is open, so the kernel answers from memory. */
  size(): number {
    return fstatSync(this.fd).size;
  }

  async truncate(length: number): Promise<void> {
    await truncateAsync(this.fd, length);
  }

  /** Returns how many bytes were read; 0 at the end of the file. */
  async read(into: Buffer, length: number, position: number): Promise<number> {
    const { bytesRead } = await readAsync(this.fd, into, 0, length, position);
    return bytesRead;
  }

  /** Writes all of it, however often the kernel takes only a part. */
  async write(block: Buffer, position: number): Promise<void> {
    let done = 0;
    while (done < block.length) {
      const left = block.length - done;
      const { bytesWritten } = await writeAsync(this.fd, block, done, left, position + done);
      done += bytesWritten;
    }
  }

  /** Not waited for: what must be on disk was synced before, and closing may take its time. */
  close(): void {
    if (!this.#open) return;
    this.#open = false;
    close(this.fd, () => {});
  }

  /** For a file of a few blocks, which closes in less time than the thread pool takes to be asked. */
  closeSmall(): void {
    if (!this.#open) return;
    this.#open = false;
    try {
      closeSync(this.fd);
    } catch {
      // What had to be on the disk was synced: a late complaint must not undo what is recorded.
    }
  }
}
