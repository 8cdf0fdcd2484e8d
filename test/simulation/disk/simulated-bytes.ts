import { Fault, fileFault } from '../../../src/fault.ts';
import type {
  Bytes,
  Entry,
  Reader,
  Safety,
  WriteCallback,
  Writer,
} from '../../../src/storage/bytes/bytes.ts';
import { crc32 } from '../../../src/storage/model/crc32.ts';
import type { StoredUpload, UploadRecord } from '../../../src/storage/model/upload.ts';
import type { Effects } from '../effects.ts';
import { type SimulatedDisk, SimulatedFile } from './simulated-disk.ts';

type Identified = Pick<UploadRecord, 'id'>;

const BLOCK = 64 * 1024;

/** The simulated disk as one process uses it: one plain file per upload. */
export class SimulatedBytes implements Bytes {
  readonly place = '/uploads/tus';
  readonly disk: SimulatedDisk;
  readonly effects: Effects;

  constructor(disk: SimulatedDisk, effects: Effects) {
    this.disk = disk;
    this.effects = effects;
  }

  create({ id }: Identified): Promise<Writer> {
    return this.act('making a data file', () => {
      if (this.disk.trouble.full) throw systemError('ENOSPC');
      if (this.disk.files.has(id)) {
        throw new Fault('CONFLICT', 'an upload of this id is there already');
      }
      const file = new SimulatedFile();
      file.modifiedAt = this.effects.scheduler.now();
      this.disk.files.set(id, file);
      return new SimulatedWriter(this, file);
    });
  }

  openForAppend({ id }: UploadRecord): Promise<Writer> {
    return this.act('opening a data file', () => new SimulatedWriter(this, this.#file(id)));
  }

  openForReading({ id }: UploadRecord): Promise<Reader> {
    return this.act('opening a data file', () => new SimulatedReader(this, this.#file(id)));
  }

  size({ id }: UploadRecord): Promise<number | null> {
    return this.act('looking at a data file', () => this.disk.files.get(id)?.size ?? null);
  }

  missing(ids: readonly string[]): Promise<string[]> {
    return this.act('looking at data files', () => ids.filter((id) => !this.disk.files.has(id)));
  }

  remove({ id }: Identified): Promise<boolean> {
    return this.act('removing a data file', () => this.disk.files.delete(id));
  }

  async *entries(): AsyncGenerator<readonly string[]> {
    const names = await this.act('reading the folder', () => [...this.disk.files.keys()]);
    if (names.length > 0) yield names;
  }

  entry(name: string): Promise<Entry | null> {
    return this.act('looking at a data file', () => {
      const file = this.disk.files.get(name);
      if (!file) return null;
      const { size: bytes, modifiedAt } = file;
      return { name, place: this.locate({ id: name }), bytes, modifiedAt };
    });
  }

  removeEntry(name: string): Promise<boolean> {
    return this.act('removing a data file', () => this.disk.files.delete(name));
  }

  async probe(): Promise<void> {}

  room(): Promise<number> {
    return this.act('looking for free space', () => (this.disk.trouble.full ? 0 : 2 ** 40));
  }

  locate({ id }: Identified): string {
    return `${this.place}/${id}`;
  }

  async prepare(safety: Safety): Promise<void> {
    if (safety === 'power') await this.act('syncing a folder', this.disk.beginSyncOfNames());
  }

  close(): void {}

  /** One call to the system, which may fail. */
  async act<T>(doing: string, effect: () => T): Promise<T> {
    try {
      return await this.effects.do(() => {
        if (this.fails('othersFail')) throw systemError('EIO');
        return effect();
      });
    } catch (error) {
      throw fileFault(error, doing);
    }
  }

  fails(kind: 'writeFails' | 'syncFails' | 'othersFail'): boolean {
    const probability = this.disk.trouble[kind];
    return probability > 0 && this.effects.random.chance(probability);
  }

  #file(id: string): SimulatedFile {
    const file = this.disk.files.get(id);
    if (!file) throw new Fault('GONE', 'the data file of this upload is no longer there');
    return file;
  }
}

function systemError(code: string): Error {
  return Object.assign(new Error(`${code}: the simulated disk`), { code });
}

class SimulatedReader implements Reader {
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

class SimulatedWriter extends SimulatedReader implements Writer {
  readonly immediate = false;

  write(chunks: readonly Buffer[], position: number, done: WriteCallback): void {
    const { effects, disk } = this.bytes;
    effects
      .do(() => {
        if (disk.trouble.full) throw systemError('ENOSPC');
        if (this.bytes.fails('writeFails')) throw systemError('EIO');
        const all = Buffer.concat(chunks);
        const short = all.length > 1 && effects.random.chance(0.1);
        const bytes = short ? all.subarray(0, effects.random.between(1, all.length - 1)) : all;
        this.file.change({ at: position, bytes });
        this.file.modifiedAt = effects.scheduler.now();
        return bytes.length;
      })
      .then(
        (written) => done(null, written),
        (error) => done(error, 0),
      );
  }

  async flush(safety: Safety): Promise<void> {
    if (safety === 'process') return;
    const sync = (begin: () => () => void) => {
      // The sync covers what is written so far, not what is written while it runs.
      const end = begin();
      return this.bytes.act('syncing a data file', () => {
        if (this.bytes.fails('syncFails')) throw systemError('EIO');
        end();
      });
    };
    await Promise.all([
      sync(() => this.file.beginSync()),
      sync(() => this.bytes.disk.beginSyncOfNames()),
    ]);
  }

  async rollback(length: number): Promise<void> {
    await this.bytes.act('cutting a data file', () => this.file.change({ size: length }));
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
