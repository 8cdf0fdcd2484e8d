import assert from 'node:assert/strict';
import { Fault } from '../../../../src/fault.ts';
import type { Bytes, NoteLayout, Writer } from '../../../../src/storage/bytes/bytes.ts';
import type { StoredUpload } from '../../../../src/storage/model/upload.ts';
import { crcOf } from '../../support/content.ts';
import { draftRecord } from '../../support/records.ts';
import { writeAll } from '../records.ts';

/** One upload as the engine and the catalog treat it, reduced to what a store of bytes sees of them. */
export class OneUpload {
  readonly content: Buffer;
  record: StoredUpload;
  #epoch = 0;

  constructor(id: string, content: Buffer, length: number | null = content.length) {
    this.content = content;
    this.record = { ...draftRecord({ id, length }), seq: 1 };
  }

  /** What a writer notes counts until the next writer takes over. `alive`: it does not come to it later. */
  async create(store: Bytes, alive = () => true): Promise<Writer> {
    const writer = await store.create(this.record, this.#noteOf(alive));
    this.#change({ layout: writer.layout });
    return writer;
  }

  /**
   * Takes the upload over, as a request does: bytes that a request that had to count as a whole has
   * brought are dropped, all others are kept. Nothing that was recorded may be missing.
   */
  async takeOver(store: Bytes, alive = () => true): Promise<Writer> {
    const writer = await store.openForAppend(this.record, this.#noteOf(alive));
    const { offset, uncommittedFrom } = this.record;
    const size = Math.min(writer.size, uncommittedFrom ?? writer.size);
    assert.ok(size >= offset, `${offset} bytes were acknowledged, and ${size} are there`);
    if (writer.size > size) await writer.rollback(size);
    assert.equal(writer.kept?.crc32, crcOf(this.content.subarray(0, size)));
    await this.end(writer);
    return writer;
  }

  /** Brings the bytes up to `end`. */
  async send(writer: Writer, end: number): Promise<void> {
    const { size } = writer;
    await writeAll(writer, this.content.subarray(size, end), size);
  }

  /** What is recorded once a second while a request runs. */
  progress({ kept, layout }: Writer): void {
    assert.ok(kept && kept.length >= this.record.offset);
    assert.equal(kept.crc32, crcOf(this.content.subarray(0, kept.length)));
    this.#change({ offset: kept.length, crc32: kept.crc32, layout });
  }

  /** A request begins that counts as a whole. */
  beginWhole(): void {
    this.#change({ uncommittedFrom: this.record.offset });
  }

  /** A request ends: its client learns the offset. */
  async end(writer: Writer): Promise<void> {
    const epoch = this.#epoch;
    const length = writer.size;
    const crc32 = crcOf(this.content.subarray(0, length));
    await writer.flush('power', { length, crc32 });
    if (epoch !== this.#epoch) throw new Fault('GONE', 'it was taken over');
    this.#change({ offset: length, crc32, layout: writer.layout, uncommittedFrom: null });
  }

  async finish(writer: Writer): Promise<void> {
    const { length } = this.content;
    assert.equal(writer.size, length);
    const crc32 = crcOf(this.content);
    await writer.seal('power', { length, crc32 });
    this.#change({ state: 'finished', offset: length, crc32, layout: writer.layout });
    writer.close();
  }

  /** Reads all of it, and compares. */
  async check(store: Bytes): Promise<void> {
    const reader = await store.openForReading(this.record);
    const blocks: Buffer[] = [];
    for await (const block of reader.blocks(0, reader.size)) blocks.push(Buffer.from(block));
    reader.close();
    assert.ok(Buffer.concat(blocks).equals(this.content), 'other bytes than were sent');
  }

  #noteOf(alive: () => boolean): NoteLayout {
    this.#epoch += 1;
    const epoch = this.#epoch;
    return async (layout) => {
      if (!alive()) await new Promise(() => {});
      if (epoch !== this.#epoch) throw new Fault('GONE', 'it was taken over');
      this.#change({ layout });
    };
  }

  #change(change: Partial<StoredUpload>): void {
    this.record = { ...this.record, ...change };
  }
}
