import { fdatasync, ftruncate, write, writeSync, writev } from 'node:fs';
import { promisify } from 'node:util';
import { Fault, messageOf } from '../../../fault.ts';
import type { SharedSync } from '../../disk/shared-sync.ts';
import { crc32 } from '../../model/crc32.ts';
import type { StoredUpload } from '../../model/upload.ts';
import type { Content, Reader, Safety, WriteCallback, Writer } from '../bytes.ts';
import { FileReader } from './file-reader.ts';
import type { WritePace } from './write-pace.ts';

const truncateAsync = promisify(ftruncate);
const dataSync = promisify(fdatasync);

/**
 * The kernel keeps long writes that begin and end at round offsets in large pieces of memory, which takes it
 * a third less time (bytes).
 */
const ROUND = 1024 * 1024;

/** Bytes between two syncs while an upload arrives. They leave little to sync at its end. */
const SYNC_EVERY = 32 * 1024 * 1024;

/** What the writers of one store share. */
export interface WriterOptions {
  /** Syncs the names in the folder. */
  readonly folder: SharedSync;
  /** How fast the disk is. */
  readonly pace: WritePace;
  /** Ids of uploads with a failed sync. */
  readonly unsynced: Set<string>;
  /** Whether to sync while bytes arrive. */
  readonly syncsAhead: () => boolean;
  readonly openPart: (part: StoredUpload) => Promise<Reader>;
  readonly warn: (message: string) => void;
}

/** A data file that is being written. */
export class FileWriter extends FileReader implements Writer {
  readonly layout = null;
  readonly round = ROUND;
  readonly #id: string;
  readonly #options: WriterOptions;
  #nextSync = 0;
  #syncing: Promise<void> | undefined;

  constructor(id: string, fd: number, options: WriterOptions) {
    super(fd);
    this.#id = id;
    this.#options = options;
  }

  get immediate(): boolean {
    return this.#options.pace.isQuick;
  }

  /**
   * Writes on the event loop, while the bytes are still in the processor's cache. While the disk is
   * slow the thread pool writes instead, so that other requests do not wait.
   */
  write(chunks: readonly Buffer[], position: number, done: WriteCallback): void {
    const { pace } = this.#options;
    const begun = performance.now();
    const written: WriteCallback = (error, count) => {
      const ended = performance.now();
      pace.wrote(ended, ended - begun);
      if (count > 0) this.#wrote(position + count);
      done(error, count);
    };
    const [first] = chunks;
    if (first && chunks.length === 1 && pace.isQuick) {
      try {
        written(null, writeSync(this.fd, first, 0, first.length, position));
      } catch (error) {
        written(error as Error, 0);
      }
    } else if (first && chunks.length === 1) write(this.fd, first, 0, null, position, written);
    else writev(this.fd, chunks as Buffer[], position, written);
  }

  /**
   * The kernel keeps written bytes when a process dies; only a power cut needs a sync. A failed sync is
   * reported once, and the next one succeeds although the bytes never reached the disk: after a failure
   * all bytes are rewritten.
   */
  async flush(safety: Safety, content: Content): Promise<void> {
    if (safety === 'process') return;
    const { folder, unsynced } = this.#options;
    await this.#syncing;
    if (unsynced.has(this.#id)) await this.#writeAgain(content);
    try {
      await Promise.all([dataSync(this.fd), folder.request()]);
    } catch (error) {
      this.#distrust(error);
      throw error;
    }
    unsynced.delete(this.#id);
  }

  seal(safety: Safety, content: Content): Promise<void> {
    return this.flush(safety, content);
  }

  async rollback(length: number): Promise<void> {
    await truncateAsync(this.fd, length);
  }

  /** Copies in blocks: memory use stays flat, and other clients are served in between. */
  async join(parts: readonly StoredUpload[], cut: () => boolean): Promise<number> {
    try {
      // A join that was cut short starts over: its bytes were never synced.
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
      // Half a join is useless, and the disk may be full.
      await this.rollback(0).catch(() => {});
      throw error;
    }
  }

  /** Keeps the descriptor open until a running sync on it has ended. */
  override close(): void {
    if (this.#syncing) void this.#syncing.then(() => super.close());
    else super.close();
  }

  #wrote(end: number): void {
    if (end < this.#nextSync || !this.#options.syncsAhead()) return;
    const first = this.#nextSync === 0;
    this.#nextSync = (Math.floor(end / SYNC_EVERY) + 1) * SYNC_EVERY;
    if (!first) this.syncAhead();
  }

  /** Starts syncing the written bytes, unless a sync is running. */
  syncAhead(): void {
    this.#syncing ??= dataSync(this.fd)
      .catch((error) => this.#distrust(error))
      .finally(() => {
        this.#syncing = undefined;
      });
  }

  #distrust(error: unknown): void {
    const { unsynced, warn } = this.#options;
    unsynced.add(this.#id);
    const why = messageOf(error);
    warn(`the disk failed to keep bytes of upload ${this.#id}; they are written again: ${why}`);
  }

  async #writeAgain({ length, crc32: expected }: Content): Promise<void> {
    let position = 0;
    let crc = 0;
    for await (const block of this.blocks(0, length)) {
      await this.#writeAll(block, position);
      position += block.length;
      crc = crc32(block, crc);
    }
    if (crc === expected) return;
    throw new Fault('IO', 'bytes of this upload that were received are no longer on the disk');
  }

  /** Writes the whole block, even if the kernel takes it in several parts. */
  async #writeAll(block: Buffer, position: number): Promise<void> {
    let rest = block;
    while (rest.length > 0) {
      const written = await new Promise<number>((resolve, reject) => {
        write(this.fd, rest, 0, null, position + block.length - rest.length, (error, count) =>
          error ? reject(error) : resolve(count),
        );
      });
      rest = rest.subarray(written);
    }
  }
}
