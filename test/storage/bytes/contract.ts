import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { Bytes, Reader, Writer } from '../../../src/storage/bytes/bytes.ts';
import type { StoredUpload } from '../../../src/storage/model/upload.ts';
import { faultOf } from '../../support/fault-of.ts';
import { collect } from '../catalog/contract/subject.ts';
import { bytes, crcOf } from '../support/content.ts';
import { draftRecord } from '../support/records.ts';

/** More than any store reads or grows by at once. */
const LARGE = 1_500_000;

const upload = (id: string): StoredUpload => ({ ...draftRecord({ id }), seq: 1 });
const A = upload('a');

/** Writes all of it, however often the store takes only a part; returns where it ended. */
async function writeAll(
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

/** Stores that are files of one name each have nothing to note. */
const note = async () => {};

async function put(store: Bytes, id: string, content: Buffer | string): Promise<StoredUpload> {
  const writer = await store.create(upload(id), note);
  await writeAll(writer, content, 0);
  writer.close();
  return upload(id);
}

async function read(reader: Reader, from = 0, to = reader.size): Promise<Buffer> {
  const blocks: Buffer[] = [];
  for await (const block of reader.blocks(from, to)) blocks.push(Buffer.from(block));
  return Buffer.concat(blocks);
}

async function contentOf(store: Bytes, { id }: { id: string }): Promise<Buffer> {
  const reader = await store.openForReading(upload(id));
  try {
    return await read(reader);
  } finally {
    reader.close();
  }
}

/** Declares a test for everything that src/storage/bytes/bytes.ts promises. */
export function bytesContract(name: string, open: (t: TestContext) => Bytes): void {
  const promise = (what: string, run: (store: Bytes) => Promise<void>) => {
    test(`${name}: ${what}`, async (t) => {
      const store = open(t);
      await store.prepare('power');
      try {
        await run(store);
      } finally {
        store.close();
      }
    });
  };

  promise('bytes that were written are read, from any byte to any other', async (store) => {
    const content = bytes(LARGE);
    await put(store, 'a', content);
    const reader = await store.openForReading(A);
    assert.equal(reader.size, LARGE);
    for (const [from, to] of [
      [0, LARGE],
      [0, 1],
      [65_535, 65_537],
      [LARGE - 1, LARGE],
      [777, 777],
    ] as const) {
      assert.ok((await read(reader, from, to)).equals(content.subarray(from, to)), `${from}-${to}`);
    }
    reader.close();
  });

  promise(
    "memory that was handed over for a write is the caller's again afterwards",
    async (store) => {
      const writer = await store.create(A, note);
      const block = Buffer.from('one');
      let end = await writeAll(writer, block, 0);
      block.write('two');
      end = await writeAll(writer, block, end);
      block.fill(0);
      writer.close();
      assert.equal(end, 6);
      assert.equal((await contentOf(store, A)).toString(), 'onetwo');
    },
  );

  promise(
    'an upload begins without bytes, and its writer reads what it has written',
    async (store) => {
      const writer = await store.create(A, note);
      assert.deepEqual([writer.size, await store.size(A)], [0, 0]);
      await writeAll(writer, 'hello', 0);
      assert.deepEqual([writer.size, await store.size(A)], [5, 5]);
      assert.equal((await read(writer, 1, 4)).toString(), 'ell');
      for (const safety of ['process', 'power'] as const) {
        await writer.flush(safety, { length: 5, crc32: crcOf(Buffer.from('hello')) });
      }
      writer.close();
      writer.close();
    },
  );

  promise('an id that is taken is refused, and costs no bytes', async (store) => {
    await put(store, 'a', 'hello');
    assert.equal((await faultOf(store.create(A, note))).code, 'CONFLICT');
    assert.equal((await contentOf(store, A)).toString(), 'hello');
    const writer = await store.create(upload('b'), note);
    assert.equal((await faultOf(store.create(upload('b'), note))).code, 'CONFLICT');
    await writeAll(writer, 'x', 0);
    writer.close();
    assert.equal((await contentOf(store, upload('b'))).toString(), 'x');
  });

  promise('an upload is opened as it was left, and goes on from there', async (store) => {
    await put(store, 'a', 'hello ');
    const writer = await store.openForAppend(A, note);
    assert.equal(writer.size, 6);
    await writeAll(writer, 'world', 6);
    writer.close();
    assert.equal((await contentOf(store, A)).toString(), 'hello world');
  });

  promise('what is not there is gone', async (store) => {
    await put(store, 'a', 'x');
    await store.remove(A);
    for (const missing of [A, upload('never')]) {
      assert.equal((await faultOf(store.openForAppend(missing, note))).code, 'GONE');
      assert.equal((await faultOf(store.openForReading(missing))).code, 'GONE');
      assert.equal(await store.size(missing), null);
      assert.equal(await store.remove(missing), false);
      assert.equal(await store.entry(missing.id), null);
      assert.equal(await store.removeEntry(missing.id), false);
    }
    await put(store, 'b', '');
    assert.deepEqual(await store.missing(['a', 'b', 'never'].map(upload)), ['a', 'never']);
    assert.deepEqual(await store.missing([]), []);
  });

  promise('bytes are dropped from an offset on, and others come in their place', async (store) => {
    const writer = await store.create(A, note);
    await writeAll(writer, 'hello', 0);
    await writer.rollback(2);
    assert.deepEqual([writer.size, await store.size(A)], [2, 2]);
    await writeAll(writer, 'y', 2);
    assert.equal((await read(writer)).toString(), 'hey');
    await writer.rollback(0);
    await writer.rollback(0);
    assert.equal(writer.size, 0);
    writer.close();
    assert.equal(await store.size(A), 0);
  });

  promise('bytes that end too early are no end of what was asked for', async (store) => {
    await put(store, 'a', 'hello');
    const reader = await store.openForReading(A);
    assert.equal((await faultOf(read(reader, 0, 6))).code, 'IO');
    assert.equal((await faultOf(read(reader, 5, 6))).code, 'IO');
    assert.equal((await read(reader)).toString(), 'hello');
    reader.close();
  });

  promise('a block is valid until the next one is read', async (store) => {
    const content = bytes(LARGE);
    await put(store, 'a', content);
    const readers = [await store.openForReading(A), await store.openForReading(A)];
    const [one, two] = readers.map((reader) => reader.blocks(0, LARGE)[Symbol.asyncIterator]());
    for (let position = 0; position < LARGE; ) {
      const mine = await one!.next();
      const other = await two!.next();
      assert.ok(!mine.done && !other.done);
      assert.ok(mine.value.equals(content.subarray(position, position + mine.value.length)));
      position += mine.value.length;
    }
    for (const reader of readers) reader.close();
  });

  promise('a reader that stops early disturbs no other', async (store) => {
    const content = bytes(LARGE);
    await put(store, 'a', content);
    const reader = await store.openForReading(A);
    for await (const block of reader.blocks(0, LARGE)) {
      assert.ok(block.length > 0);
      break;
    }
    assert.ok((await read(reader)).equals(content));
    reader.close();
    reader.close();
  });

  promise('what is open stays readable when the upload is removed', async (store) => {
    const content = bytes(LARGE);
    await put(store, 'a', content);
    const reader = await store.openForReading(A);
    const writer = await store.openForAppend(A, note);
    assert.equal(await store.remove(A), true);
    assert.equal(await store.size(A), null);
    assert.ok((await read(reader)).equals(content));
    await writeAll(writer, 'late', LARGE);
    writer.close();
    assert.equal(await store.size(A), null);
    await put(store, 'a', 'new');
    assert.ok((await read(reader, 0, LARGE)).equals(content));
    reader.close();
    assert.equal((await contentOf(store, A)).toString(), 'new');
  });

  promise('parts are joined in order, and the checksum is that of the whole', async (store) => {
    const contents = [bytes(LARGE, 1), bytes(0), bytes(10, 2)];
    const parts: StoredUpload[] = [];
    for (const [index, content] of contents.entries()) {
      parts.push(await put(store, `part${index}`, content));
    }
    const order = [2, 0, 1, 2];
    const all = Buffer.concat(order.map((index) => contents[index]!));
    const writer = await store.create(A, note);
    const crc = await writer.join(
      order.map((index) => parts[index]!),
      () => false,
    );
    assert.deepEqual([crc, writer.size], [crcOf(all), all.length]);
    assert.ok((await contentOf(store, A)).equals(all));
    assert.equal(await writer.join(parts.slice(1, 2), () => false), 0);
    assert.equal(writer.size, 0, 'a second join begins anew');
    writer.close();
    for (const [index, content] of contents.entries()) {
      assert.ok((await contentOf(store, parts[index]!)).equals(content));
    }
  });

  promise('a join that is cut short, or that misses a part, leaves no bytes', async (store) => {
    const parts = [await put(store, 'p', 'ab'), await put(store, 'q', 'cd')];
    const writer = await store.create(A, note);
    for (const cutAt of [1, 2]) {
      let asked = 0;
      const joined = writer.join(parts, () => ++asked === cutAt);
      assert.equal((await faultOf(joined)).code, 'UNAVAILABLE');
      assert.deepEqual([writer.size, await store.size(A)], [0, 0]);
    }
    const missing = writer.join([...parts, upload('gone')], () => false);
    assert.equal((await faultOf(missing)).code, 'GONE');
    assert.equal(await store.size(A), 0);
    assert.equal(await writer.join(parts, () => false), crcOf(Buffer.from('abcd')));
    writer.close();
    assert.equal((await contentOf(store, A)).toString(), 'abcd');
  });

  promise('everything in the store has a name, a size, a time and a place', async (store) => {
    assert.deepEqual(await collect(store.entries()), []);
    const names: string[] = [];
    for (let count = 0; count < 300; count++) {
      names.push(`u${count}`);
      await put(store, `u${count}`, 'x');
    }
    const before = Date.now();
    await put(store, 'last', 'hello');
    const batches = await collect(store.entries());
    assert.deepEqual(batches.flat().toSorted(), [...names, 'last'].toSorted());
    const entry = await store.entry('last');
    assert.deepEqual([entry?.name, entry?.bytes], ['last', 5]);
    assert.equal(entry?.place, store.locate(upload('last')));
    assert.ok(entry.place.startsWith(store.place) && entry.place.length > store.place.length);
    assert.ok(Math.abs(entry.modifiedAt - before) < 60_000);
    assert.equal(await store.removeEntry('last'), true);
    assert.equal(await store.size(upload('last')), null);
  });

  promise('there is room for more', async (store) => {
    assert.ok((await store.room()) > 0);
  });
}
