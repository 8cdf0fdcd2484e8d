import assert from 'node:assert/strict';
import { Readable } from 'node:stream';
import { type Adoption, adopt } from '../../../src/storage/uploads/making/adopt.ts';
import { contentIn, onEveryBackend } from '../support/backends.ts';
import { crcOf } from '../support/content.ts';
import { draftRecord } from '../support/records.ts';
import { append, faultOf, insideOf } from '../support/stores.ts';

const content = Buffer.from('content');

function adoption(change: Partial<Adoption['record']>, more: Partial<Adoption> = {}): Adoption {
  const { crc32: _, name: __, ...record } = draftRecord({ offset: 7, length: 7, ...change });
  return {
    record,
    timeline: [{ at: 1, event: 'imported', from: 'there' }],
    bytes: { kind: 'blocks', blocks: Readable.from([content.subarray(0, 3), content.subarray(3)]) },
    expected: null,
    ...more,
  };
}

const finished = { state: 'finished', finishedAt: 5 } as const;

onEveryBackend(
  'an adopted upload has its bytes, its checksum and its history',
  async (t, openStore) => {
    const store = await openStore(t);
    const context = insideOf(store);
    const metadata = 'filename YS50eHQ=';
    await adopt(context, adoption({ ...finished, metadata }));
    const { record } = await store.find('a');
    assert.deepEqual(
      [record.crc32, record.name, record.state],
      [crcOf(content), 'a.txt', 'finished'],
    );
    assert.deepEqual(await contentIn(store, 'a'), content);
    assert.deepEqual(await store.timeline(record), [{ at: 1, event: 'imported', from: 'there' }]);
    await adopt(context, adoption({ id: 'half', length: 10 }));
    assert.equal((await append(store, 'half', 7, 'end')).finished, true);
    assert.equal((await contentIn(store, 'half')).toString(), 'contentend');
  },
);

onEveryBackend(
  'an adoption that fails leaves nothing, and takes nothing away',
  async (t, openStore) => {
    const store = await openStore(t);
    const context = insideOf(store);
    await adopt(context, adoption(finished, { expected: crcOf(content) }));
    for (const [bad, code] of [
      [adoption({ ...finished }), 'CONFLICT'],
      [adoption({ id: '../b' }), 'BAD_REQUEST'],
      [adoption({ id: 'b' }, { expected: 1 }), 'CHECKSUM_MISMATCH'],
      [adoption({ id: 'b', offset: 8 }), 'CHECKSUM_MISMATCH'],
      [adoption({ id: 'b' }, { bytes: { kind: 'file', path: '/no/such', crc32: 0 } }), undefined],
    ] as const) {
      const fault = await faultOf(adopt(context, bad));
      if (code) assert.equal(fault.code, code);
    }
    assert.equal(await store.remember('b'), undefined);
    const there = (await store.remember('a'))!;
    assert.deepEqual(await context.bytes.missing([there, draftRecord({ id: 'b' })]), ['b']);
    assert.deepEqual(await contentIn(store, 'a'), content);
  },
);

onEveryBackend('what an interrupted adoption has left is replaced', async (t, openStore) => {
  const store = await openStore(t);
  const context = insideOf(store);
  (await context.bytes.create(draftRecord(), async () => {})).close();
  await adopt(context, adoption(finished));
  assert.deepEqual(await contentIn(store, 'a'), content);
});

onEveryBackend('of a removed upload only the record is adopted', async (t, openStore) => {
  const store = await openStore(t);
  const removed = { state: 'removed', removedAt: 9, removedWhy: 'expired' } as const;
  await adopt(insideOf(store), adoption(removed, { bytes: null }));
  assert.equal((await faultOf(store.find('a'))).code, 'GONE');
});
