import assert from 'node:assert/strict';
import { Readable } from 'node:stream';
import { test } from 'node:test';
import { MemoryBytes } from '../../../src/storage/bytes/memory/memory-bytes.ts';
import { createMemoryCatalog } from '../../../src/storage/catalog/memory/memory-catalog.ts';
import { contentIn } from '../support/backends.ts';
import { append, bytes, CALLER, faultOf, make, offsetOf, serve } from '../support/stores.ts';
import { bytesContract } from './contract.ts';

bytesContract('memory', () => new MemoryBytes());

const LIMIT = 1024 * 1024;

test('memory is bounded: what is too much is refused, and what came before is kept', async (t) => {
  const store = await serve(
    t,
    {
      catalog: createMemoryCatalog(),
      bytes: new MemoryBytes({ limit: LIMIT }),
      boot: null,
      release: () => {},
    },
    { fsync: 'never' },
  );
  const whole = await store.room();
  assert.equal(whole, LIMIT);
  const content = bytes(700_000);
  const id = await make(store, content.length);
  await append(store, id, 0, content);
  assert.equal((await faultOf(make(store, 700_000))).code, 'NO_SPACE');

  // Its length is not known, so the limit shows while the bytes come.
  const other = await make(store, null);
  const body = Readable.from(Array.from({ length: 10 }, () => bytes(64 * 1024)));
  const outcome = await append(store, other, 0, body);
  assert.equal(outcome.interrupted, 'no-space');
  const offset = (await offsetOf(store, other)) ?? 0;
  assert.ok(offset > 0 && offset < LIMIT - content.length, String(offset));
  assert.deepEqual(await contentIn(store, id), content);

  await store.terminate(other, CALLER);
  await store.terminate(id, CALLER);
  assert.equal(await store.room(), whole);
});

test('memory of uploads without bytes is counted, too', async () => {
  const store = new MemoryBytes({ limit: 10_000 });
  await store.create({ id: 'a' });
  await store.create({ id: 'b' });
  assert.equal((await faultOf(store.create({ id: 'c' }))).code, 'NO_SPACE');
  assert.equal(await store.removeEntry('a'), true);
  assert.equal(await store.removeEntry('a'), false);
  await store.create({ id: 'c' });
});

test('memory is given back as an upload is cut, and what is open stays readable', async () => {
  const store = new MemoryBytes({ limit: LIMIT });
  const writer = await store.create({ id: 'a' });
  const content = bytes(200_000);
  await new Promise((resolve) => writer.write([content], 0, resolve));
  const left = await store.room();
  await writer.rollback(70_000);
  assert.ok((await store.room()) > left);
  await store.remove({ id: 'a' });
  assert.equal(await store.room(), LIMIT);
  const blocks: Buffer[] = [];
  for await (const block of writer.blocks(0, 70_000)) blocks.push(Buffer.from(block));
  assert.deepEqual(Buffer.concat(blocks), content.subarray(0, 70_000));
  await writer.rollback(0);
  assert.equal(await store.room(), LIMIT);
});
