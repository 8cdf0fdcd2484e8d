import { Fault } from '../../../fault.ts';
import { crc32 } from '../../model/crc32.ts';
import type { StoredUpload, UploadRecord } from '../../model/upload.ts';
import type { Bytes, Entry, Reader, WriteCallback, Writer } from '../bytes.ts';

type Identified = Pick<UploadRecord, 'id'>;

/** Handed out at a time by `blocks` (bytes). */
const BLOCK = 64 * 1024;

/** The bytes of one upload: chunks that grow by doubling, so that appending stays cheap. */
class Content {
  #buffer: Buffer = Buffer.alloc(0);
  size = 0;
  modifiedAt: number;

  constructor(now: number) {
    this.modifiedAt = now;
  }

  put(chunk: Buffer, position: number, now: number): void {
    const end = position + chunk.length;
    if (end > this.#buffer.length) {
      const grown = Buffer.alloc(Math.max(end, this.#buffer.length * 2));
      this.#buffer.copy(grown, 0, 0, this.size);
      this.#buffer = grown;
    }
    chunk.copy(this.#buffer, position);
    this.size = Math.max(this.size, end);
    this.modifiedAt = now;
  }

  truncate(length: number): void {
    // What is behind the end reads as zeros when it is written over a gap, as in a file.
    if (length < this.size) this.#buffer.fill(0, length, this.size);
    this.size = length;
  }

  slice(from: number, to: number): Buffer {
    return this.#buffer.subarray(from, to);
  }
}

/** Bytes in the memory of this process: for tests and demonstrations. Nothing survives its end. */
export class MemoryBytes implements Bytes {
  readonly place = ':memory:';
  readonly #contents = new Map<string, Content>();
  readonly #now: () => number;

  constructor(now: () => number = Date.now) {
    this.#now = now;
  }

  async create({ id }: Identified): Promise<Writer> {
    if (this.#contents.has(id)) {
      throw new Fault('CONFLICT', 'an upload of this id is there already');
    }
    const content = new Content(this.#now());
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

  async missing(ids: readonly string[]): Promise<string[]> {
    return ids.filter((id) => !this.#contents.has(id));
  }

  async remove({ id }: Identified): Promise<boolean> {
    return this.#contents.delete(id);
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
    return this.#contents.delete(name);
  }

  async room(): Promise<number> {
    return Number.POSITIVE_INFINITY;
  }

  locate({ id }: Identified): string {
    return `${this.place}/${id}`;
  }

  async prepare(): Promise<void> {}

  close(): void {}

  #contentOf(id: string): Content {
    const content = this.#contents.get(id);
    if (content) return content;
    throw new Fault('GONE', 'the bytes of this upload are no longer there');
  }

  #writer(content: Content): Writer {
    return {
      ...readerOf(content),
      // The spread has taken the size of this moment.
      get size() {
        return content.size;
      },
      immediate: false,
      write: (chunks: readonly Buffer[], position: number, done: WriteCallback) => {
        let end = position;
        for (const chunk of chunks) {
          content.put(chunk, end, this.#now());
          end += chunk.length;
        }
        setImmediate(done, null, end - position);
      },
      flush: async () => {},
      rollback: async (length: number) => content.truncate(length),
      join: (parts: readonly StoredUpload[], cut: () => boolean) => this.#join(content, parts, cut),
    };
  }

  async #join(
    content: Content,
    parts: readonly StoredUpload[],
    cut: () => boolean,
  ): Promise<number> {
    content.truncate(0);
    try {
      let crc = 0;
      for (const { id } of parts) {
        if (cut()) throw new Fault('UNAVAILABLE', 'the join was cut short');
        const part = this.#contentOf(id);
        const bytes = Buffer.from(part.slice(0, part.size));
        content.put(bytes, content.size, this.#now());
        crc = crc32(bytes, crc);
      }
      return crc;
    } catch (error) {
      content.truncate(0);
      throw error;
    }
  }
}

function readerOf(content: Content): Reader {
  return {
    get size() {
      return content.size;
    },
    async *blocks(from: number, to: number) {
      for (let position = from; position < to; position += BLOCK) {
        const end = Math.min(to, position + BLOCK);
        if (end > content.size) {
          throw new Fault('IO', `the bytes ended at byte ${content.size}, before byte ${to}`);
        }
        yield content.slice(position, end);
      }
    },
    close: () => {},
  };
}
