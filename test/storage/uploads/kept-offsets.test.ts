import '../support/faulty-disk.ts';

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Fault } from '../../../src/fault.ts';
import { finishLeftBehind } from '../../../src/storage/uploads/upkeep/recover.ts';
import { until } from '../../support/until.ts';
import { onEveryBackend } from '../support/backends.ts';
import { diskError, faultyDisk } from '../support/faulty-disk.ts';
import { append, begin, faultOf, insideOf, make, offsetOf, openStore } from '../support/stores.ts';

test('HEAD reports all bytes of an upload only once they survive a power cut', async (t) => {
  const disk = faultyDisk.during(t);
  const store = await openStore(t, { fsync: 'completed' });
  const id = await make(store, 5);
  disk.fail = (step) => (step === 'fdatasync' ? diskError('EIO') : undefined);
  assert.equal((await faultOf(append(store, id, 0, '12345'))).code, 'IO');
  assert.equal((await faultOf(store.find(id))).code, 'IO', 'they may be lost');
  disk.reset();
  assert.equal(await offsetOf(store, id), 5);
  assert.ok(disk.steps.includes('fdatasync'));
  assert.equal((await store.remember(id))?.state, 'receiving');
  disk.reset();
  assert.equal(await offsetOf(store, id), 5);
  assert.ok(!disk.steps.includes('fdatasync'), 'they are safe already');
  finishLeftBehind(insideOf(store));
  await until('it is finished', async () => (await store.remember(id))?.state === 'finished');
});

test('HEAD reports the last byte of a running request when the upload is finished', async (t) => {
  const told = new Map<string, number | null>();
  for (const fsync of ['completed', 'never'] as const) {
    const store = await openStore(t, { fsync });
    const id = await make(store, 5);
    const { body, done } = await begin(store, id, '12345');
    told.set(fsync, await offsetOf(store, id));
    body.end();
    assert.equal((await done).finished, true);
    assert.equal(await offsetOf(store, id), 5);
  }
  assert.deepEqual(Object.fromEntries(told), { completed: 4, never: 5 });
});

test('while a pre-finish hook runs, HEAD reports all bytes, and they are safe', async (t) => {
  const disk = faultyDisk.during(t);
  const steps: string[][] = [];
  const offsets: (number | null)[] = [];
  const store = await openStore(t, {
    fsync: 'completed',
    guards: {
      beforeFinish: async ({ id }) => {
        steps.push(disk.steps);
        offsets.push(await offsetOf(store, id));
        throw new Fault('HOOK_FAILED', 'the hook did not answer');
      },
    },
  });
  const id = await make(store, 5);
  assert.equal((await faultOf(append(store, id, 0, '12345'))).code, 'HOOK_FAILED');
  assert.deepEqual(offsets, [5]);
  assert.ok(steps[0]?.includes('fdatasync'));
  assert.equal(await offsetOf(store, id), 5);
});

test('a HEAD that has read the record before the finish reports no less than one before it', async (t) => {
  let answer = () => {};
  const answered = new Promise<void>((resolve) => {
    answer = resolve;
  });
  let looking: Promise<number | null> | undefined;
  const told: (number | null)[] = [];
  const store = await openStore(t, {
    fsync: 'completed',
    guards: {
      beforeFinish: async ({ id }) => {
        told.push(await offsetOf(store, id));
        const { catalog } = insideOf(store);
        const { get } = catalog;
        const late = t.mock.method(catalog, 'get', async (asked: string) => {
          late.mock.restore();
          const record = await get.call(catalog, asked);
          await answered;
          return record;
        });
        looking = offsetOf(store, id);
      },
    },
    rules: {
      route: () => [{ rule: 'inbox', last: true }],
      // The request is still running.
      afterFinish: async () => {
        answer();
        told.push((await looking) ?? null);
      },
    },
  });
  const id = await make(store, 5);
  assert.equal((await append(store, id, 0, '12345')).finished, true);
  assert.deepEqual(told, [5, 5]);
});

onEveryBackend(
  'a complete upload that HEAD has told is finished later, although nobody knew of it',
  async (t, openStore) => {
    const store = await openStore(t);
    const id = await make(store, null);
    await append(store, id, 0, 'abc');
    const { catalog, leftBehind } = insideOf(store);
    const { record } = catalog;
    Object.assign(catalog, {
      record: async (...given: Parameters<typeof record>) => {
        await record.apply(catalog, given);
        throw new Fault('UNAVAILABLE', 'the answer was lost');
      },
    });
    const declared = append(store, id, 3, '', { length: 3 });
    assert.equal((await faultOf(declared)).code, 'UNAVAILABLE');
    Object.assign(catalog, { record });
    assert.equal((await store.remember(id))?.state, 'receiving');
    assert.equal(leftBehind.size, 0);
    assert.equal(await offsetOf(store, id), 3);
    finishLeftBehind(insideOf(store));
    await until('it is finished', async () => (await store.remember(id))?.state === 'finished');
  },
);

onEveryBackend(
  'all bytes that HEAD reports are recorded in every mode: the next daemon finishes the upload',
  async (t, openStore) => {
    for (const fsync of ['completed', 'always', 'never'] as const) {
      const store = await openStore(t, { fsync });
      const id = await make(store, 5);
      const { catalog } = insideOf(store);
      const finish = t.mock.method(catalog, 'finish', async () => {
        throw new Fault('UNAVAILABLE', 'the catalog is busy');
      });
      assert.equal((await faultOf(append(store, id, 0, '12345'))).code, 'UNAVAILABLE');
      assert.equal(await offsetOf(store, id), 5);
      assert.deepEqual(await catalog.unfinishedButComplete(), [id], fsync);
      finish.mock.restore();
    }
  },
  'immediate',
);
