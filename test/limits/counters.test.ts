import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Counters } from '../../src/limits/counters.ts';
import { createMemoryCatalog } from '../../src/storage/catalog/memory/memory-catalog.ts';

const sumIn = async (catalog: ReturnType<typeof createMemoryCatalog>, bucket: number) =>
  (await catalog.count([{ what: 'bytes', subject: 'all', bucket, amount: 0 }]))[0];

test('what was counted is written once, and read by the next process', async () => {
  const catalog = createMemoryCatalog();
  const counters = new Counters(catalog);
  const counter = await counters.get('bytes', 'all', 7);
  counter.add(7, 100);
  await counters.flush();
  await counters.flush();
  assert.equal(await sumIn(catalog, 7), 100);
  counter.add(7, 5);
  const next = await new Counters(catalog).get('bytes', 'all', 7);
  assert.deepEqual([counter.sum(7), next.sum(7)], [105, 100]);
});

test('each process sees what the others have written, with its own on top', async () => {
  const catalog = createMemoryCatalog();
  const both = [new Counters(catalog), new Counters(catalog)] as const;
  const [one, other] = await Promise.all(both.map((counters) => counters.get('bytes', 'all', 7)));
  one!.add(7, 100);
  other!.add(7, 10);
  await both[0].flush();
  await both[1].flush();
  one!.add(7, 1);
  await both[0].flush();
  assert.deepEqual([one!.sum(7), other!.sum(7)], [111, 110]);
});

test('a write that fails loses nothing and counts nothing twice', async () => {
  const catalog = createMemoryCatalog();
  let fails = true;
  const counters = new Counters({
    ...catalog,
    count: async (batch) => {
      if (fails && batch.some(({ amount }) => amount > 0)) throw new Error('disk full');
      return catalog.count(batch);
    },
  });
  const counter = await counters.get('bytes', 'all', 7);
  counter.add(7, 100);
  await assert.rejects(counters.flush());
  counter.add(7, 10);
  assert.equal(counter.sum(7), 110);
  fails = false;
  await counters.flush();
  assert.deepEqual([counter.sum(7), await sumIn(catalog, 7)], [110, 110]);
});

test('bytes that are counted while a batch is written go into the next one', async () => {
  const catalog = createMemoryCatalog();
  const counters = new Counters(catalog);
  const counter = await counters.get('bytes', 'all', 7);
  counter.add(7, 100);
  const flushed = counters.flush();
  counter.add(7, 10);
  assert.equal(counter.sum(7), 110);
  await flushed;
  assert.equal(counter.sum(7), 110);
  await Promise.all([counters.flush(), counters.flush()]);
  assert.equal(await sumIn(catalog, 7), 110);
});

test('a new day starts at 0 and leaves the day before complete', async () => {
  const catalog = createMemoryCatalog();
  const counters = new Counters(catalog);
  const counter = await counters.get('bytes', 'all', 7);
  counter.add(7, 100);
  assert.equal(counter.sum(8), 0);
  assert.equal(counter.before, 100);
  counter.add(8, 1);
  await counters.flush();
  assert.deepEqual([await sumIn(catalog, 7), await sumIn(catalog, 8)], [100, 1]);
});

test('a clock that goes back finds what was counted on that day', async () => {
  const catalog = createMemoryCatalog();
  const counters = new Counters(catalog);
  const counter = await counters.get('bytes', 'all', 7);
  counter.add(7, 100);
  await counters.flush();
  counter.add(9, 1);
  counter.add(7, 5);
  await counters.flush();
  assert.equal(counter.sum(7), 105);
  assert.deepEqual([await sumIn(catalog, 7), await sumIn(catalog, 9)], [105, 1]);
});

test('100,000 subjects take no more memory than 10,000', async () => {
  const catalog = createMemoryCatalog();
  const counters = new Counters(catalog);
  for (let index = 0; index < 100_000; index++) {
    (await counters.get('bytes', `address:${index}`, 7)).add(7, 1);
    if (index % 5_000 === 0) await counters.flush();
  }
  await counters.flush();
  assert.ok(counters.size <= 10_000);
  assert.equal((await counters.get('bytes', 'address:1', 7)).sum(7), 1);
});

test('a counter in use is not dropped', async () => {
  const counters = new Counters(createMemoryCatalog());
  const used = await counters.get('bytes', 'used', 7);
  used.uses += 1;
  for (let index = 0; index < 12_000; index++) await counters.get('bytes', `${index}`, 7);
  await counters.flush();
  assert.equal(await counters.get('bytes', 'used', 7), used);
});
