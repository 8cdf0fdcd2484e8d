import { Fault, fileFault } from '../../../src/fault.ts';
import type {
  Bytes,
  Entry,
  Located,
  Reader,
  Safety,
  Writer,
} from '../../../src/storage/bytes/bytes.ts';
import type { UploadRecord } from '../../../src/storage/model/upload.ts';
import type { Effects } from '../effects.ts';
import type { SimulatedDisk } from './simulated-disk.ts';
import { SimulatedFile } from './simulated-file.ts';
import { SimulatedReader, SimulatedWriter } from './simulated-writer.ts';

type Identified = Pick<UploadRecord, 'id'>;

/** The simulated disk as one process uses it: one plain file per upload. */
export class SimulatedBytes implements Bytes {
  readonly place = '/uploads/tus';
  readonly buffers = false;
  readonly disk: SimulatedDisk;
  readonly effects: Effects;
  /** Files with a failed sync, of which this process knows. */
  readonly unsynced = new Set<SimulatedFile>();

  constructor(disk: SimulatedDisk, effects: Effects) {
    this.disk = disk;
    this.effects = effects;
    effects.process.onEnd(() => {
      for (const file of this.unsynced) file.forgive();
    });
  }

  create({ id }: Identified): Promise<Writer> {
    return this.act('making a data file', () => {
      if (this.disk.trouble.full) throw systemError('ENOSPC');
      if (this.disk.files.has(id)) {
        throw new Fault('CONFLICT', 'an upload of this id is there already');
      }
      const file = new SimulatedFile();
      file.modifiedAt = this.effects.scheduler.now();
      this.disk.add(id, file);
      return new SimulatedWriter(this, file);
    });
  }

  openForAppend({ id }: UploadRecord): Promise<Writer> {
    return this.act('opening a data file', () => {
      const file = this.#file(id);
      file.underWay.clear();
      return new SimulatedWriter(this, file);
    });
  }

  openForReading({ id }: UploadRecord): Promise<Reader> {
    return this.act('opening a data file', () => new SimulatedReader(this, this.#file(id)));
  }

  size({ id }: UploadRecord): Promise<number | null> {
    return this.act('looking at a data file', () => this.disk.files.get(id)?.size ?? null);
  }

  missing(uploads: readonly Located[]): Promise<string[]> {
    return this.act('looking at data files', () =>
      uploads.map(({ id }) => id).filter((id) => !this.disk.files.has(id)),
    );
  }

  remove({ id }: Identified): Promise<boolean> {
    return this.act('removing a data file', () => this.disk.remove(id));
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
    return this.act('removing a data file', () => this.disk.remove(name));
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
  act<T>(doing: string, effect: () => T): Promise<T> {
    const failing = () => {
      if (this.fails('othersFail')) throw systemError('EIO');
      return effect();
    };
    return this.effects.do(doing, failing, (error) => fileFault(error, doing));
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

export function systemError(code: string): Error {
  return Object.assign(new Error(`${code}: the simulated disk`), { code });
}
