import { Fault } from '../../../fault.ts';
import { crc32 } from '../../model/crc32.ts';
import { MEMORY } from '../../model/place.ts';
import type { StoredUpload, UploadRecord } from '../../model/upload.ts';
import type { Bytes, Entry, Located, Reader, WriteCallback, Writer } from '../bytes.ts';
import { BLOCK, Budget, MemoryContent, noMemory } from './memory-content.ts';

type Identified = Pick<UploadRecord, 'id'>;

/** Rough memory use of an upload's record and history (bytes). */
const RECORD = 4 * 1024;

export interface MemoryBytesOptions {
  /** Limit for all uploads together (bytes). */
  readonly limit?: number;
  /** Milliseconds since the epoch. */
  readonly now?: () => number;
}

/** Bytes in the memory of this process: for tests and demonstrations. Nothing survives its end. */
export class MemoryBytes implements Bytes {
  readonly place = MEMORY;
  readonly buffers = false;
  readonly #contents = new Map<string, MemoryContent>();
  readonly #budget: Budget;
  readonly #now: () => number;

  constructor({ limit = Number.POSITIVE_INFINITY, now = Date.now }: MemoryBytesOptions = {}) {
    this.#budget = new Budget(limit);
    this.#now = now;
  }

  async create({ id }: Identified): Promise<Writer> {
    if (this.#contents.has(id)) {
      throw new Fault('CONFLICT', 'an upload of this id is there already');
    }
    if (!this.#budget.take(RECORD)) throw noMemory();
    const content = new MemoryContent(this.#budget, this.#now());
    this.#contents.set(id, content);
    return this.#writer(content);
  }

  async openForAppend({ id }: UploadRecord): Promise<Writer> {
    return this.#writer(this.#contentOf(id));
  }

  async openForReading({ id }: UploadRecord): Promise<Reader> {
    return readerOf(this.#contentOf(id));
  }

  async size({ id }: UploadRecord): Promise<number | null> {
    return this.#contents.get(id)?.size ?? null;
  }

  async missing(uploads: readonly Located[]): Promise<string[]> {
    return uploads.map(({ id }) => id).filter((id) => !this.#contents.has(id));
  }

  async remove({ id }: Identified): Promise<boolean> {
    return this.removeEntry(id);
  }

  async *entries(): AsyncGenerator<readonly string[]> {
    const names = [...this.#contents.keys()];
    if (names.length > 0) yield names;
  }

  async entry(name: string): Promise<Entry | null> {
    const content = this.#contents.get(name);
    if (!content) return null;
    const { size: bytes, modifiedAt } = content;
    return { name, place: this.locate({ id: name }), bytes, modifiedAt };
  }

  async removeEntry(name: string): Promise<boolean> {
    const content = this.#contents.get(name);
    if (!content) return false;
    content.release();
    this.#budget.giveBack(RECORD);
    return this.#contents.delete(name);
  }

  async probe(): Promise<void> {}

  async room(): Promise<number> {
    return this.#budget.left;
  }

  locate({ id }: Identified): string {
    return `${this.place}/${id}`;
  }

  async prepare(): Promise<void> {}

  close(): void {}

  #contentOf(id: string): MemoryContent {
    const content = this.#contents.get(id);
    if (content) return content;
    throw new Fault('GONE', 'the bytes of this upload are no longer there');
  }

  #writer(content: MemoryContent): Writer {
    return {
      ...readerOf(content),
      // A getter again: the spread copied the size as a plain value.
      get size() {
        return content.size;
      },
      layout: null,
      immediate: false,
      write: (chunks: readonly Buffer[], position: number, done: WriteCallback) => {
        let end = position;
        for (const chunk of chunks) {
          const taken = content.put(chunk, end, this.#now());
          end += taken;
          if (taken < chunk.length) break;
        }
        const error = end === position && chunks.some(({ length }) => length > 0);
        setImmediate(done, error ? noMemory() : null, end - position);
      },
      flush: async () => {},
      seal: async () => {},
      rollback: async (length: number) => content.truncate(length),
      join: (parts: readonly StoredUpload[], cut: () => boolean) => this.#join(content, parts, cut),
    };
  }

  async #join(
    content: MemoryContent,
    parts: readonly StoredUpload[],
    cut: () => boolean,
  ): Promise<number> {
    content.truncate(0);
    try {
      let crc = 0;
      for (const { id } of parts) {
        if (cut()) throw new Fault('UNAVAILABLE', 'the join was cut short');
        const part = this.#contentOf(id);
        for (let from = 0; from < part.size; from += BLOCK) {
          const block = part.slice(from, part.size);
          if (content.put(block, content.size, this.#now()) < block.length) throw noMemory();
          crc = crc32(block, crc);
        }
      }
      return crc;
    } catch (error) {
      content.truncate(0);
      throw error;
    }
  }
}

function readerOf(content: MemoryContent): Reader {
  return {
    get size() {
      return content.size;
    },
    async *blocks(from: number, to: number) {
      let position = from;
      while (position < to) {
        const block = content.slice(position, to);
        if (block.length === 0 || position + block.length > content.size) {
          throw new Fault('IO', `the bytes ended at byte ${content.size}, before byte ${to}`);
        }
        yield block;
        position += block.length;
      }
    },
    close: () => {},
  };
}
