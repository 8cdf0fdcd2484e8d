import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, rmSync, unlinkSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { test } from 'node:test';
import { Fault } from '../../../src/fault.ts';
import type { StorageEvent } from '../../../src/storage/model/events.ts';
import type { UploadStore } from '../../../src/storage/store.ts';
import { onEveryBackend } from '../support/backends.ts';
import {
  append,
  begin,
  CALLER,
  faultOf,
  insideOf,
  make,
  offsetOf,
  openCommandStoreOf,
  openStore,
} from '../support/stores.ts';

test('a removed upload is gone, and remembered as removed', async (t) => {
  const events: StorageEvent[] = [];
  const store = await openStore(t);
  store.onChange((event) => events.push(event));
  const id = await make(store, 10);
  await append(store, id, 0, '12345');
  const { bytes, record } = await store.terminate(id, CALLER);
  assert.deepEqual([bytes, record.id], [5, id]);
  assert.deepEqual(readdirSync(store.place), []);
  const remembered = await store.remember(id);
  assert.deepEqual([remembered?.state, remembered?.removedWhy], ['removed', 'terminated']);
  for (const again of [
    () => store.find(id),
    () => append(store, id, 5, 'x'),
    () => store.terminate(id, CALLER),
  ]) {
    assert.equal((await faultOf(again())).code, 'GONE');
  }
  assert.deepEqual(
    events.map((event) => event.type),
    ['created', 'removed'],
  );
  assert.equal((await faultOf(store.terminate('unknown', CALLER))).code, 'NOT_FOUND');
});

onEveryBackend('a memory is dropped in time, and then nothing is known', async (t, openStore) => {
  let now = 1_000_000;
  const store = await openStore(t, { now: () => now });
  const ids = [];
  for (let count = 0; count < 250; count++) {
    const id = await make(store, 1);
    await store.terminate(id, CALLER);
    ids.push(id);
  }
  now += 1000;
  const kept = await make(store, 1);
  await store.terminate(kept, CALLER);
  assert.equal(await store.forget(now - 1), 250);
  assert.equal((await faultOf(store.find(ids[0]!))).code, 'NOT_FOUND');
  assert.equal((await faultOf(store.find(kept))).code, 'GONE');
});

test('a DELETE takes over from a writer, whose request fails', async (t) => {
  const store = await openStore(t);
  const id = await make(store, 10);
  const { done } = await begin(store, id, '12345');
  const removal = await store.terminate(id, CALLER);
  const outcome = await done;
  assert.deepEqual([outcome.offset, outcome.interrupted], [5, 'superseded']);
  assert.equal(removal.bytes, 5);
  assert.deepEqual(readdirSync(store.place), []);
});

onEveryBackend('requests that wait behind a DELETE find the upload gone', async (t, openStore) => {
  const store = await openStore(t);
  const id = await make(store, 10);
  const { done } = await begin(store, id, '12345');
  const waiting = append(store, id, 5, '67890');
  waiting.catch(() => {});
  await Promise.all([store.terminate(id, CALLER), done]);
  assert.equal((await faultOf(waiting)).code, 'GONE');
  assert.equal(insideOf(store).writers.isBusy(id), false);
});

onEveryBackend('of two DELETEs one removes and the other finds it gone', async (t, openStore) => {
  const store = await openStore(t);
  const id = await make(store, 10);
  const outcomes = await Promise.allSettled([
    store.terminate(id, CALLER),
    store.terminate(id, CALLER),
  ]);
  assert.deepEqual(
    outcomes.map((one) => (one.status === 'fulfilled' ? 'removed' : (one.reason as Fault).code)),
    ['removed', 'GONE'],
  );
});

onEveryBackend('a hook may refuse a removal before anything happens', async (t, openStore) => {
  const store = await openStore(t, {
    guards: {
      beforeRemove: async () => {
        throw new Fault('REFUSED', 'still needed');
      },
    },
  });
  const id = await make(store, 10);
  const { body, done } = await begin(store, id, '12345');
  assert.equal((await faultOf(store.terminate(id, CALLER))).code, 'REFUSED');
  body.end('67890');
  assert.equal((await done).finished, true);
});

test('a policy never removes what is being written, in this process or another', async (t) => {
  const store = await openStore(t);
  const command = await openCommandStoreOf(t, { uploadDir: dirname(store.place) });
  const id = await make(store, 10);
  const { body, done } = await begin(store, id, '12345');
  for (const from of [store, command]) {
    assert.equal(await from.removeCondemned(id, 'expired', CALLER, () => true), undefined);
    assert.equal(await from.isBeingWritten(id), true);
  }
  assert.equal((await faultOf(command.terminate(id, CALLER))).code, 'LOCKED');
  body.destroy();
  await done;
  const removal = await command.removeCondemned(id, 'expired', CALLER, () => true);
  assert.equal(removal?.bytes, 5);
  assert.equal((await faultOf(store.find(id))).code, 'GONE');
});

test('what is written by a daemon that is no more may be removed once its heartbeat is old', async (t) => {
  let now = 1_000_000;
  const store = await openStore(t, { now: () => now });
  const command = await openCommandStoreOf(t, {
    uploadDir: dirname(store.place),
    now: () => now,
  });
  const id = await make(store, 10);
  const { body, done } = await begin(store, id, '12345');
  now += 30_000;
  assert.equal((await command.removeCondemned(id, 'expired', CALLER, () => true))?.bytes, 5);
  body.end();
  assert.equal((await faultOf(done)).code, 'GONE');
});

onEveryBackend('a policy is asked again at the moment of the removal', async (t, openStore) => {
  const store = await openStore(t);
  const id = await make(store, 10);
  await append(store, id, 0, '12345');
  const removal = await store.removeCondemned(id, 'expired', CALLER, ({ offset }) => offset === 0);
  assert.equal(removal, undefined);
  assert.equal(await offsetOf(store, id), 5);
});

test('a file that is gone already does not keep its record', async (t) => {
  const store = await openStore(t);
  const id = await make(store, 10);
  unlinkSync(store.locate(id));
  assert.equal((await store.terminate(id, CALLER)).bytes, 0);
  assert.equal((await store.remember(id))?.state, 'removed');
});

test('a file that will not go leaves a removal that can be ended later', async (t) => {
  const store = await openStore(t);
  const id = await make(store, 10);
  // A folder in its place cannot be unlinked, not even by root.
  unlinkSync(store.locate(id));
  mkdirSync(store.locate(id));
  await faultOf(store.terminate(id, CALLER));
  assert.equal((await faultOf(store.find(id))).code, 'GONE');
  const [begun, ...others] = await store.unfinishedRemovals();
  assert.deepEqual([begun?.id, others.length], [id, 0]);
  rmSync(store.locate(id), { recursive: true });
  writeFileSync(store.locate(id), 'abc');
  assert.equal((await store.completeRemoval(begun!)).bytes, 3);
  assert.deepEqual(await store.unfinishedRemovals(), []);
});

test('two processes that end the same removal do not disturb each other', async (t) => {
  const store = await openStore(t);
  const command = await openCommandStoreOf(t, { uploadDir: dirname(store.place) });
  const id = await make(store, 10);
  const { catalog } = insideOf(store);
  const claim = { why: 'cleanup', bytes: 0, deliveries: [], at: Date.now() } as const;
  assert.equal(await catalog.claimRemoval((await catalog.get(id))!, claim), 'claimed');
  const [record] = await command.unfinishedRemovals();
  await Promise.all([store.completeRemoval(record!), command.completeRemoval(record!)]);
  assert.equal((await store.remember(id))?.state, 'removed');
});

onEveryBackend(
  'an upload that was removed cannot be made again under its id while it is remembered',
  async (t, openStore) => {
    const store: UploadStore = await openStore(t, {
      guards: { beforeCreate: async () => ({ id: 'same' }) },
    });
    await make(store, 5);
    await store.terminate('same', CALLER);
    assert.equal((await faultOf(make(store, 5))).code, 'CONFLICT');
    await store.forget(Number.MAX_SAFE_INTEGER);
    await make(store, 5);
  },
);
