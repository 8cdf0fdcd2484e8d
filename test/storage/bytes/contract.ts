import assert from 'node:assert/strict';
import { type TestContext, type TestOptions, test } from 'node:test';
import type { Bytes } from '../../../src/storage/bytes/bytes.ts';
import type { StoredUpload } from '../../../src/storage/model/upload.ts';
import { faultOf } from '../../support/fault-of.ts';
import { collect } from '../catalog/contract/subject.ts';
import { bytes, crcOf } from '../support/content.ts';
import { Records, read, writeAll } from './records.ts';

/** More than any store reads or grows by at once. */
const LARGE = 1_500_000;

/** Declares a test for everything that src/storage/bytes/bytes.ts promises. */
export function bytesContract(
  name: string,
  open: (t: TestContext) => Bytes | Promise<Bytes>,
  options: TestOptions = {},
): void {
  const promise = (what: string, run: (store: Bytes, records: Records) => Promise<void>) => {
    test(`${name}: ${what}`, options, async (t) => {
      const store = await open(t);
      await store.prepare('power');
      try {
        await run(store, new Records(store));
      } finally {
        store.close();
      }
    });
  };

  promise(
    'bytes that were written are read, from any byte to any other',
    async (store, records) => {
      const content = bytes(LARGE);
      await records.put('a', content);
      const reader = await store.openForReading(records.of('a'));
      assert.equal(reader.size, LARGE);
      for (const [from, to] of [
        [0, LARGE],
        [0, 1],
        [65_535, 65_537],
        [LARGE - 1, LARGE],
        [777, 777],
      ] as const) {
        assert.ok(
          (await read(reader, from, to)).equals(content.subarray(from, to)),
          `${from}-${to}`,
        );
      }
      reader.close();
    },
  );

  promise(
    "memory that was handed over for a write is the caller's again afterwards",
    async (_, records) => {
      const writer = await records.create('a');
      const block = Buffer.from('one');
      let end = await writeAll(writer, block, 0);
      block.write('two');
      end = await writeAll(writer, block, end);
      block.fill(0);
      assert.equal(end, 6);
      await records.finish('a', writer, 'onetwo');
      assert.equal((await records.contentOf('a')).toString(), 'onetwo');
    },
  );

  promise(
    'an upload begins without bytes, and its writer reads what it has written',
    async (store, records) => {
      const writer = await records.create('a');
      assert.deepEqual([writer.size, await store.size(records.of('a'))], [0, 0]);
      await writeAll(writer, 'hello', 0);
      assert.equal(await store.size(records.of('a')), store.buffers ? 0 : 5);
      assert.deepEqual([writer.size, (await read(writer, 1, 4)).toString()], [5, 'ell']);
      for (const safety of ['process', 'power'] as const) {
        await writer.flush(safety, { length: 5, crc32: crcOf(Buffer.from('hello')) });
      }
      await records.keep('a', writer, 'hello');
      assert.equal(await store.size(records.of('a')), 5);
      assert.equal((await read(writer, 1, 4)).toString(), 'ell');
      writer.close();
      writer.close();
    },
  );

  promise('an id that is taken is refused, and costs no bytes', async (store, records) => {
    // A store that has nothing of an upload without bytes leaves it to the catalog.
    if (store.buffers) return;
    await records.put('a', 'hello');
    assert.equal((await faultOf(records.create('a'))).code, 'CONFLICT');
    assert.equal((await records.contentOf('a')).toString(), 'hello');
    const writer = await records.create('b');
    assert.equal((await faultOf(records.create('b'))).code, 'CONFLICT');
    await writeAll(writer, 'x', 0);
    writer.close();
    assert.equal((await records.contentOf('b')).toString(), 'x');
  });

  promise('an upload is opened as it was left, and goes on from there', async (_, records) => {
    let writer = await records.create('a');
    await writeAll(writer, 'hello ', 0);
    await records.keep('a', writer, 'hello ');
    writer.close();
    writer = await records.openForAppend('a');
    assert.equal(writer.size, 6);
    await writeAll(writer, 'world', 6);
    await records.finish('a', writer, 'hello world');
    assert.equal((await records.contentOf('a')).toString(), 'hello world');
  });

  promise('what is not there is gone', async (store, records) => {
    await records.put('a', 'x');
    await store.remove(records.of('a'));
    for (const missing of ['a', 'never'].map((id) => records.of(id))) {
      assert.equal((await faultOf(store.openForReading(missing))).code, 'GONE');
      // What a layout tells is believed until it is used.
      if (!store.buffers || missing.layout === null) {
        assert.equal((await faultOf(records.openForAppend(missing.id))).code, 'GONE');
        assert.equal(await store.size(missing), null);
      }
      assert.equal(await store.remove(missing), false);
      assert.equal(await store.entry(missing.id), null);
      assert.equal(await store.removeEntry(missing.id), false);
    }
    await records.put('b', '');
    const all = ['a', 'b', 'never'].map((id) => records.of(id));
    assert.deepEqual(await store.missing(all), ['a', 'never']);
    assert.deepEqual(await store.missing([]), []);
  });

  promise(
    'bytes are dropped from an offset on, and others come in their place',
    async (store, records) => {
      const writer = await records.create('a');
      await writeAll(writer, 'hello', 0);
      await writer.rollback(2);
      assert.equal(writer.size, 2);
      await writeAll(writer, 'y', 2);
      assert.equal((await read(writer)).toString(), 'hey');
      await records.keep('a', writer, 'hey');
      await writer.rollback(1);
      await records.keep('a', writer, 'h');
      assert.deepEqual([writer.size, await store.size(records.of('a'))], [1, 1]);
      await writer.rollback(0);
      await writer.rollback(0);
      await records.keep('a', writer, '');
      assert.deepEqual([writer.size, await store.size(records.of('a'))], [0, 0]);
      writer.close();
    },
  );

  promise('bytes that end too early are no end of what was asked for', async (store, records) => {
    await records.put('a', 'hello');
    const reader = await store.openForReading(records.of('a'));
    assert.equal((await faultOf(read(reader, 0, 6))).code, 'IO');
    assert.equal((await faultOf(read(reader, 5, 6))).code, 'IO');
    assert.equal((await read(reader)).toString(), 'hello');
    reader.close();
  });

  promise('a block is valid until the next one is read', async (store, records) => {
    const content = bytes(LARGE);
    await records.put('a', content);
    const readers = [
      await store.openForReading(records.of('a')),
      await store.openForReading(records.of('a')),
    ];
    const [one, two] = readers.map((reader) => reader.blocks(0, LARGE)[Symbol.asyncIterator]());
    for (let position = 0, beside = 0; position < LARGE || beside < LARGE; ) {
      const mine = await one!.next();
      const other = await two!.next();
      const mines = mine.done ? Buffer.alloc(0) : mine.value;
      const others = other.done ? Buffer.alloc(0) : other.value;
      assert.ok(mines.length + others.length > 0);
      assert.ok(mines.equals(content.subarray(position, position + mines.length)));
      assert.ok(others.equals(content.subarray(beside, beside + others.length)));
      position += mines.length;
      beside += others.length;
    }
    for (const reader of readers) reader.close();
  });

  promise('a reader that stops early disturbs no other', async (store, records) => {
    const content = bytes(LARGE);
    await records.put('a', content);
    const reader = await store.openForReading(records.of('a'));
    for await (const block of reader.blocks(0, LARGE)) {
      assert.ok(block.length > 0);
      break;
    }
    assert.ok((await read(reader)).equals(content));
    reader.close();
    reader.close();
  });

  promise('what is open stays readable when the upload is removed', async (store, records) => {
    // Each read is a request of its own there.
    if (store.buffers) return;
    const content = bytes(LARGE);
    await records.put('a', content);
    const reader = await store.openForReading(records.of('a'));
    const writer = await records.openForAppend('a');
    assert.equal(await store.remove(records.of('a')), true);
    assert.equal(await store.size(records.of('a')), null);
    assert.ok((await read(reader)).equals(content));
    await writeAll(writer, 'late', LARGE);
    writer.close();
    assert.equal(await store.size(records.of('a')), null);
    await records.put('a', 'new');
    assert.ok((await read(reader, 0, LARGE)).equals(content));
    reader.close();
    assert.equal((await records.contentOf('a')).toString(), 'new');
  });

  promise(
    'parts are joined in order, and the checksum is that of the whole',
    async (_, records) => {
      const contents = [bytes(LARGE, 1), bytes(0), bytes(10, 2)];
      const parts: StoredUpload[] = [];
      for (const [index, content] of contents.entries()) {
        parts.push(await records.put(`part${index}`, content));
      }
      const order = [2, 0, 1, 2];
      const all = Buffer.concat(order.map((index) => contents[index]!));
      const writer = await records.create('a');
      const crc = await writer.join(
        order.map((index) => parts[index]!),
        () => false,
      );
      assert.deepEqual([crc, writer.size], [crcOf(all), all.length]);
      assert.equal(await writer.join(parts.slice(1, 2), () => false), 0);
      assert.equal(writer.size, 0, 'a second join begins anew');
      assert.equal(
        await writer.join(
          [2, 0, 1, 2].map((index) => parts[index]!),
          () => false,
        ),
        crc,
      );
      await records.finish('a', writer, all);
      assert.ok((await records.contentOf('a')).equals(all));
      for (const [index, content] of contents.entries()) {
        assert.ok((await records.contentOf(`part${index}`)).equals(content));
      }
    },
  );

  promise(
    'a join that is cut short, or that misses a part, leaves no bytes',
    async (store, records) => {
      const parts = [await records.put('p', 'ab'), await records.put('q', 'cd')];
      const writer = await records.create('a');
      for (const cutAt of [1, 2]) {
        let asked = 0;
        const joined = writer.join(parts, () => ++asked === cutAt);
        assert.equal((await faultOf(joined)).code, 'UNAVAILABLE');
        assert.deepEqual([writer.size, await store.size(records.of('a'))], [0, 0]);
      }
      const missing = writer.join([...parts, records.of('gone')], () => false);
      assert.equal((await faultOf(missing)).code, 'GONE');
      assert.equal(await store.size(records.of('a')), 0);
      assert.equal(await writer.join(parts, () => false), crcOf(Buffer.from('abcd')));
      await records.finish('a', writer, 'abcd');
      assert.equal((await records.contentOf('a')).toString(), 'abcd');
    },
  );

  promise(
    'everything in the store has a name, a size, a time and a place',
    async (store, records) => {
      assert.deepEqual(await collect(store.entries()), []);
      const names: string[] = [];
      for (let count = 0; count < 300; count++) {
        names.push(`u${count}`);
        await records.put(`u${count}`, 'x');
      }
      const before = Date.now();
      await records.put('last', 'hello');
      const batches = await collect(store.entries());
      assert.deepEqual(batches.flat().toSorted(), [...names, 'last'].toSorted());
      const entry = await store.entry('last');
      assert.deepEqual([entry?.name, entry?.bytes], ['last', 5]);
      assert.equal(entry?.place, store.locate({ id: 'last', layout: null }));
      assert.ok(entry.place.startsWith(store.place) && entry.place.length > store.place.length);
      assert.ok(Math.abs(entry.modifiedAt - before) < 60_000);
      assert.equal(await store.removeEntry('last'), true);
      assert.equal(await store.entry('last'), null);
    },
  );

  promise('there is room for more', async (store) => {
    assert.ok((await store.room()) > 0);
  });
}
