import assert from 'node:assert/strict';
import { truncateSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import {
  append,
  contentOf,
  crcOf,
  faultOf,
  insideOf,
  make,
  offsetOf,
  openStore,
} from '../support/stores.ts';

test('bytes that somebody else put into the file count from the next request on', async (t) => {
  const store = await openStore(t);
  const id = await make(store, 10);
  await append(store, id, 0, '123');
  writeFileSync(store.locate(id), '12345');
  assert.equal(await offsetOf(store, id), 5);
  await append(store, id, 5, '67890');
  assert.equal((await store.find(id)).record.crc32, crcOf(Buffer.from('1234567890')));
});

test('a file that lost bytes is said to have, and goes on from what is there', async (t) => {
  const warnings: string[] = [];
  const store = await openStore(t, { warn: (message) => warnings.push(message) });
  const id = await make(store, 10);
  await append(store, id, 0, '12345');
  truncateSync(store.locate(id), 2);
  assert.equal((await faultOf(append(store, id, 5, '67890'))).offset, 2);
  await append(store, id, 2, '34567890');
  assert.match(warnings.join(), /3 bytes less than recorded/);
  const { record } = await store.find(id);
  assert.equal(record.crc32, crcOf(Buffer.from('1234567890')));
  assert.ok((await store.timeline(record)).some((entry) => entry.event === 'recovered'));
});

test('a file that is longer than its upload is not written to', async (t) => {
  const store = await openStore(t);
  const id = await make(store, 3);
  writeFileSync(store.locate(id), '12345');
  assert.equal((await faultOf(append(store, id, 0, ''))).code, 'IO');
  assert.equal(contentOf(store, id).toString(), '12345');
});

test('that bytes are lost is made durable before others take their place', async (t) => {
  const store = await openStore(t, { fsync: 'completed' });
  const id = await make(store, 10);
  await append(store, id, 0, '12345');
  truncateSync(store.locate(id), 2);
  const persist = t.mock.method(insideOf(store).catalog, 'persist');
  assert.equal((await faultOf(append(store, id, 5, '67890'))).offset, 2);
  assert.equal(persist.mock.callCount(), 1);
});
