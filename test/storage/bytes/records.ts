import assert from 'node:assert/strict';
import type { Bytes, Content, Reader, Writer } from '../../../src/storage/bytes/bytes.ts';
import type { StoredUpload } from '../../../src/storage/model/upload.ts';
import { crcOf } from '../support/content.ts';
import { draftRecord } from '../support/records.ts';

/** What a catalog knows of the uploads of a test: where the store keeps their bytes. */
export class Records {
  readonly #store: Bytes;
  readonly #layouts = new Map<string, string | null>();

  constructor(store: Bytes) {
    this.#store = store;
  }

  of(id: string): StoredUpload {
    return { ...draftRecord({ id, layout: this.#layouts.get(id) ?? null }), seq: 1 };
  }

  async create(id: string): Promise<Writer> {
    const writer = await this.#store.create(this.of(id), this.#noteOf(id));
    this.#layouts.set(id, writer.layout);
    return writer;
  }

  openForAppend(id: string): Promise<Writer> {
    return this.#store.openForAppend(this.of(id), this.#noteOf(id));
  }

  /** The request ends, and more may follow. */
  async keep(id: string, writer: Writer, content: Buffer | string): Promise<void> {
    await writer.flush('process', contentFrom(content));
    this.#layouts.set(id, writer.layout);
  }

  async finish(id: string, writer: Writer, content: Buffer | string): Promise<void> {
    await writer.seal('process', contentFrom(content));
    this.#layouts.set(id, writer.layout);
    writer.close();
  }

  /** A finished upload. */
  async put(id: string, content: Buffer | string): Promise<StoredUpload> {
    const writer = await this.create(id);
    await writeAll(writer, content, 0);
    await this.finish(id, writer, content);
    return this.of(id);
  }

  async contentOf(id: string): Promise<Buffer> {
    const reader = await this.#store.openForReading(this.of(id));
    try {
      return await read(reader);
    } finally {
      reader.close();
    }
  }

  readonly #noteOf = (id: string) => async (layout: string) => {
    this.#layouts.set(id, layout);
  };
}

export function contentFrom(content: Buffer | string): Content {
  const all = Buffer.from(content);
  return { length: all.length, crc32: crcOf(all) };
}

/** Writes all of it, however often the store takes only a part; returns where it ended. */
export async function writeAll(
  writer: Writer,
  content: Buffer | string,
  position: number,
): Promise<number> {
  let rest = Buffer.from(content);
  let end = position;
  while (rest.length > 0) {
    // In two chunks, as they come from a socket.
    const chunks = [rest.subarray(0, rest.length >> 1), rest.subarray(rest.length >> 1)];
    const written = await new Promise<number>((resolve, reject) => {
      writer.write(chunks, end, (error, count) => (error ? reject(error) : resolve(count)));
    });
    assert.ok(written > 0 && written <= rest.length);
    end += written;
    rest = rest.subarray(written);
  }
  return end;
}

export async function read(reader: Reader, from = 0, to = reader.size): Promise<Buffer> {
  const blocks: Buffer[] = [];
  for await (const block of reader.blocks(from, to)) blocks.push(Buffer.from(block));
  return Buffer.concat(blocks);
}
