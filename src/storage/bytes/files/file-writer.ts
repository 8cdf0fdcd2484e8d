import { fdatasync, ftruncate, write, writev } from 'node:fs';
import { promisify } from 'node:util';
import { Fault } from '../../../fault.ts';
import type { SharedSync } from '../../disk/shared-sync.ts';
import { crc32 } from '../../model/crc32.ts';
import type { StoredUpload } from '../../model/upload.ts';
import type { Reader, Safety, WriteCallback, Writer } from '../bytes.ts';
import { FileReader } from './file-reader.ts';

const truncateAsync = promisify(ftruncate);
const dataSync = promisify(fdatasync);

export interface WriterOptions {
  /** Syncs the names in the folder. */
  readonly folder: SharedSync;
  readonly openPart: (part: StoredUpload) => Promise<Reader>;
}

/** A data file that is being written. */
export class FileWriter extends FileReader implements Writer {
  readonly #options: WriterOptions;

  constructor(fd: number, options: WriterOptions) {
    super(fd);
    this.#options = options;
  }

  write(chunks: readonly Buffer[], position: number, done: WriteCallback): void {
    if (chunks.length === 1) write(this.fd, chunks[0]!, 0, null, position, done);
    else writev(this.fd, chunks as Buffer[], position, done);
  }

  /** The kernel keeps what a process has written, so only a power cut needs more. */
  async flush(safety: Safety): Promise<void> {
    if (safety === 'process') return;
    await Promise.all([dataSync(this.fd), this.#options.folder.request()]);
  }

  async rollback(length: number): Promise<void> {
    await truncateAsync(this.fd, length);
  }

  /** Copies in blocks, so that memory stays flat and other clients are served in between. */
  async join(parts: readonly StoredUpload[], cut: () => boolean): Promise<number> {
    try {
      // A join that was cut short begins anew: what it left was never synced.
      await this.rollback(0);
      let position = 0;
      let crc = 0;
      for (const part of parts) {
        const reader = await this.#options.openPart(part);
        try {
          for await (const block of reader.blocks(0, reader.size)) {
            if (cut()) throw new Fault('UNAVAILABLE', 'the join was cut short');
            await this.#writeAll(block, position);
            position += block.length;
            crc = crc32(block, crc);
          }
        } finally {
          reader.close();
        }
      }
      return crc;
    } catch (error) {
      // Half of it is of no use, and the disk may be full.
      await this.rollback(0).catch(() => {});
      throw error;
    }
  }

  /** Writes all of it, however often the kernel takes only a part. */
  async #writeAll(block: Buffer, position: number): Promise<void> {
    let rest = block;
    while (rest.length > 0) {
      const written = await new Promise<number>((resolve, reject) => {
        this.write([rest], position + block.length - rest.length, (error, count) =>
          error ? reject(error) : resolve(count),
        );
      });
      rest = rest.subarray(written);
    }
  }
}
