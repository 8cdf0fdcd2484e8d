import { Fault } from '../../../src/fault.ts';
import type {
  Content,
  Reader,
  Safety,
  WriteCallback,
  Writer,
} from '../../../src/storage/bytes/bytes.ts';
import { crc32 } from '../../../src/storage/model/crc32.ts';
import type { StoredUpload } from '../../../src/storage/model/upload.ts';
import { type SimulatedBytes, systemError } from './simulated-bytes.ts';
import type { Effect, SimulatedFile } from './simulated-file.ts';

const BLOCK = 64 * 1024;

/** What takes long in runs in which a write is seen in the file before it has ended. */
const LATE_END = 'ending a write';
/** Probability that such a write fails after its first bytes. */
const HALF = 0.03;

/** A file that is open for reading. */
export class SimulatedReader implements Reader {
  protected readonly bytes: SimulatedBytes;
  protected readonly file: SimulatedFile;

  constructor(bytes: SimulatedBytes, file: SimulatedFile) {
    this.bytes = bytes;
    this.file = file;
  }

  get size(): number {
    return this.file.size;
  }

  async *blocks(from: number, to: number): AsyncGenerator<Buffer> {
    for (let position = from; position < to; ) {
      const end = Math.min(to, position + BLOCK);
      const block = await this.bytes.act('reading a data file', () =>
        Buffer.from(this.file.data.subarray(position, end)),
      );
      if (block.length === 0) {
        throw new Fault('IO', `a data file ended at byte ${position}, before byte ${to}`);
      }
      yield block;
      position += block.length;
    }
  }

  close(): void {}
}

/** A file that is open for writing: it reads, writes and syncs as FileWriter does. */
export class SimulatedWriter extends SimulatedReader implements Writer {
  readonly layout = null;
  readonly immediate = false;

  write(chunks: readonly Buffer[], position: number, done: WriteCallback): void {
    const { effects, disk } = this.bytes;
    const all = chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks);
    const end = position + all.length;
    // What a process asks for at its end does not happen.
    if (effects.process.alive) this.file.underWay.add(end);
    const write = (from: number) => {
      this.file.underWay.delete(end);
      if (disk.trouble.full) throw systemError('ENOSPC');
      if (this.bytes.fails('writeFails')) throw systemError('EIO');
      if (from > 0 && effects.random.chance(HALF)) throw systemError('EIO');
      const short = all.length > from + 1 && effects.random.chance(0.1);
      const length = short ? effects.random.between(from + 1, all.length - 1) : all.length;
      this.#change({ at: position + from, bytes: Buffer.from(all.subarray(from, length)) });
      this.file.modifiedAt = effects.scheduler.now();
      return length;
    };
    const inStages = all.length > 1 && effects.scheduler.isSlow(LATE_END);
    const written = inStages
      ? this.#begin(all, position).then((from) => effects.do(LATE_END, () => write(from)))
      : effects.do('writing a data file', () => write(0));
    written.then(
      (length) => done(null, length),
      (error) => done(error, 0),
    );
  }

  /** Everybody sees the first bytes of a long write before it ends, also if it fails. */
  #begin(all: Buffer, position: number): Promise<number> {
    const { effects, disk } = this.bytes;
    const first = effects.random.between(1, all.length - 1);
    return effects.do('writing a data file', () => {
      if (disk.trouble.full) return 0;
      this.#change({ at: position, bytes: Buffer.from(all.subarray(0, first)) });
      return first;
    });
  }

  seal(safety: Safety, content: Content): Promise<void> {
    return this.flush(safety, content);
  }

  async flush(safety: Safety, content: Content): Promise<void> {
    if (safety === 'process') return;
    const { unsynced, disk } = this.bytes;
    if (unsynced.has(this.file)) await this.#writeAgain(content);
    const endNames = disk.beginSyncOfNames();
    await Promise.all([this.#sync(), this.bytes.act('syncing a folder', endNames)]);
    unsynced.delete(this.file);
  }

  async #sync(): Promise<void> {
    // It covers what is written so far, not what is written while it runs.
    const sync = this.file.beginSync();
    await this.bytes.act('syncing a data file', () => {
      if (!this.bytes.fails('syncFails')) return sync.end();
      sync.fail();
      this.bytes.unsynced.add(this.file);
      throw systemError('EIO');
    });
  }

  async #writeAgain({ length, crc32: expected }: Content): Promise<void> {
    let position = 0;
    let crc = 0;
    for await (const block of this.blocks(0, length)) {
      await this.#writeAll(block, position);
      position += block.length;
      crc = crc32(block, crc);
    }
    if (crc !== expected) throw new Fault('IO', 'bytes of this upload are no longer on the disk');
  }

  async rollback(length: number): Promise<void> {
    await this.bytes.act('cutting a data file', () => this.#change({ size: length }));
  }

  async join(parts: readonly StoredUpload[], cut: () => boolean): Promise<number> {
    try {
      await this.rollback(0);
      let position = 0;
      let crc = 0;
      for (const part of parts) {
        const reader = await this.bytes.openForReading(part);
        for await (const block of reader.blocks(0, reader.size)) {
          if (cut()) throw new Fault('UNAVAILABLE', 'the join was cut short');
          await this.#writeAll(block, position);
          position += block.length;
          crc = crc32(block, crc);
        }
      }
      return crc;
    } catch (error) {
      await this.rollback(0).catch(() => {});
      throw error;
    }
  }

  #change(effect: Effect): void {
    this.bytes.disk.changes += 1;
    this.file.change(effect);
  }

  async #writeAll(block: Buffer, position: number): Promise<void> {
    for (let from = 0; from < block.length; ) {
      from += await new Promise<number>((resolve, reject) => {
        this.write([block.subarray(from)], position + from, (error, written) =>
          error ? reject(error) : resolve(written),
        );
      });
    }
  }
}
