import '../support/faulty-disk.ts';

import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { test } from 'node:test';
import type { StorageEvent } from '../../../src/storage/model/events.ts';
import { contentIn, onEveryBackend } from '../support/backends.ts';
import { diskError, faultyDisk } from '../support/faulty-disk.ts';
import {
  append,
  begin,
  bytes,
  crcOf,
  faultOf,
  insideOf,
  make,
  offsetOf,
  openStore,
  whole,
} from '../support/stores.ts';

onEveryBackend(
  'bytes of several requests make one file, and the last one finishes it',
  async (t, openStore) => {
    const store = await openStore(t);
    const id = await make(store, 11);
    const first = await append(store, id, 0, 'hello ');
    assert.deepEqual([first.offset, first.finished, first.interrupted], [6, false, null]);
    const last = await append(store, id, 6, 'world');
    assert.deepEqual([last.offset, last.finished, last.record.state], [11, true, 'finished']);
    assert.equal((await contentIn(store, id)).toString(), 'hello world');
    const { record, offset } = await store.find(id);
    assert.deepEqual([record.state, record.offset, offset], ['finished', 11, 11]);
    assert.equal(record.crc32, crcOf(Buffer.from('hello world')));
  },
);

onEveryBackend(
  'nothing is left behind after a request, whatever became of it',
  async (t, openStore) => {
    const store = await openStore(t);
    const inside = insideOf(store);
    const id = await make(store, 10);
    await append(store, id, 0, 'one');
    await faultOf(append(store, id, 0, 'two'));
    await faultOf(append(store, id, 3, 'x', { whole: whole(false) }));
    const { body, done } = await begin(store, id, 'x');
    body.destroy();
    await done;
    assert.equal(inside.active.size, 0);
    assert.equal(inside.pumps.size, 0);
    assert.equal(inside.writers.isBusy(id), false);
    assert.equal(await store.isBeingWritten(id), false);
    await faultOf(append(store, 'nobody', 0, 'x'));
    assert.equal(inside.writers.isBusy('nobody'), false);
  },
);

onEveryBackend('what came before the client vanished is kept and told', async (t, openStore) => {
  const store = await openStore(t);
  const id = await make(store, 10);
  const { body, done } = await begin(store, id, '1234');
  body.destroy();
  const { offset, interrupted, finished } = await done;
  assert.deepEqual([offset, interrupted, finished], [4, 'reset', false]);
  await append(store, id, 4, '567890');
  assert.equal((await contentIn(store, id)).toString(), '1234567890');
  const [, received] = await store.timeline((await store.find(id)).record);
  assert.equal(received?.event === 'received' && received.interrupted, 'reset');
});

onEveryBackend(
  'what a client had sent before it left is kept even when nobody had read it yet',
  async (t, openStore) => {
    const store = await openStore(t);
    for (const error of [undefined, new Error('aborted')]) {
      const id = await make(store, 10);
      const body = new PassThrough();
      const done = append(store, id, 0, body);
      body.on('error', () => {});
      body.write('12');
      body.write('34');
      body.destroy(error);
      assert.equal((await done).offset, 4);
      assert.equal((await contentIn(store, id)).toString(), '1234');
      assert.equal((await store.find(id)).record.crc32, crcOf(Buffer.from('1234')));
    }
  },
);

onEveryBackend(
  'an upload whose client vanished behind the last byte is finished',
  async (t, openStore) => {
    const store = await openStore(t);
    const id = await make(store, 4);
    const { body, done } = await begin(store, id, '1234');
    body.destroy();
    assert.equal((await done).finished, true);
    assert.equal((await store.find(id)).record.state, 'finished');
  },
);

onEveryBackend(
  'a client that is silent for the idle timeout is ended, its bytes kept',
  async (t, openStore) => {
    const store = await openStore(t, { limits: { idleTimeout: 20 } });
    const id = await make(store, 10);
    const body = new PassThrough();
    body.write('1234');
    const { offset, interrupted } = await append(store, id, 0, body);
    assert.deepEqual([offset, interrupted], [4, 'idle']);
  },
);

onEveryBackend('an empty request in the middle changes nothing', async (t, openStore) => {
  const store = await openStore(t);
  const id = await make(store, 10);
  await append(store, id, 0, '12345');
  const before = await store.timeline((await store.find(id)).record);
  const { offset, finished } = await append(store, id, 5, '');
  assert.deepEqual([offset, finished], [5, false]);
  assert.deepEqual(await store.timeline((await store.find(id)).record), before);
});

onEveryBackend(
  'a finished upload takes nothing more, and an empty request at its end is answered kindly',
  async (t, openStore) => {
    const events: StorageEvent['type'][] = [];
    const store = await openStore(t);
    store.onChange((event) => events.push(event.type));
    const id = await make(store, 3);
    await append(store, id, 0, 'abc');
    const again = await append(store, id, 3, '');
    assert.deepEqual([again.offset, again.finished], [3, false]);
    assert.equal((await faultOf(append(store, id, 3, 'd'))).code, 'TOO_LARGE');
    const chunked = await begin(store, id, '');
    chunked.body.end('d');
    assert.equal((await faultOf(chunked.done)).code, 'TOO_LARGE');
    assert.equal((await faultOf(append(store, id, 0, ''))).code, 'CONFLICT');
    assert.equal((await contentIn(store, id)).toString(), 'abc');
    assert.deepEqual(events, ['created', 'finished']);
  },
);

onEveryBackend('a request with a checksum counts as a whole', async (t, openStore) => {
  const store = await openStore(t);
  const id = await make(store, 10);
  await append(store, id, 0, '123', { whole: whole(true) });
  assert.equal(await offsetOf(store, id), 3);
  const fault = await faultOf(append(store, id, 3, '4567890', { whole: whole(false) }));
  assert.equal(fault.code, 'CHECKSUM_MISMATCH');
  assert.equal(await offsetOf(store, id), 3);
  assert.equal((await contentIn(store, id)).toString(), '123');
  const { record } = await store.find(id);
  assert.deepEqual([record.state, record.uncommittedFrom], ['receiving', null]);
  await append(store, id, 3, '4567890', { whole: whole(true) });
  assert.equal((await store.find(id)).record.crc32, crcOf(Buffer.from('1234567890')));
});

onEveryBackend(
  'bytes that are not verified yet do not count, and are gone when the client vanishes',
  async (t, openStore) => {
    const store = await openStore(t);
    const id = await make(store, 10);
    await append(store, id, 0, '123');
    const { body, done } = await begin(store, id, '4567890', { whole: whole(true) });
    assert.equal(await offsetOf(store, id), 3);
    body.destroy();
    const { offset, interrupted } = await done;
    assert.deepEqual([offset, interrupted], [3, 'reset']);
    assert.equal((await contentIn(store, id)).toString(), '123');
    assert.equal((await store.find(id)).record.uncommittedFrom, null);
  },
);

onEveryBackend('verification reads back exactly what the request brought', async (t, openStore) => {
  const store = await openStore(t);
  // More than the pump holds, which is 512 KiB.
  const sent = bytes(700_000);
  const id = await make(store, sent.length);
  await append(store, id, 0, sent.subarray(0, 1000));
  const read: Buffer[] = [];
  await append(store, id, 1000, sent.subarray(1000), {
    whole: {
      onUnreadable: (chunk) => void read.push(Buffer.from(chunk)),
      async verify(readBack) {
        for await (const block of readBack?.() ?? []) read.push(Buffer.from(block));
      },
    },
  });
  assert.ok(Buffer.concat(read).equals(sent.subarray(1000)));
});

test('a full disk keeps what fits, and the rest may come when there is room', async (t) => {
  const disk = faultyDisk.during(t);
  const store = await openStore(t);
  const id = await make(store, 10);
  const { body, done } = await begin(store, id, '1234');
  disk.failAt(0);
  body.write('567890');
  const { offset, interrupted } = await done;
  assert.deepEqual([offset, interrupted], [4, 'no-space']);
  disk.reset();
  assert.equal((await append(store, id, 4, '567890')).finished, true);
});

test('a disk that fails is an error that says so', async (t) => {
  const disk = faultyDisk.during(t);
  const store = await openStore(t);
  const id = await make(store, 10);
  disk.fail = (step) => (step === 'write' ? diskError('EIO') : undefined);
  assert.equal((await faultOf(append(store, id, 0, '1234'))).code, 'IO');
  disk.reset();
  assert.equal(await offsetOf(store, id), 0);
  assert.equal((await append(store, id, 0, '1234567890')).finished, true);
});

onEveryBackend(
  'what another process has removed meanwhile is not answered as kept',
  async (t, openStore) => {
    const store = await openStore(t);
    const id = await make(store, 10);
    const { body, done } = await begin(store, id, '123');
    const { catalog } = insideOf(store);
    const seen = (await catalog.get(id))!;
    const claim = { why: 'cleanup', bytes: 0, deliveries: [], at: Date.now() } as const;
    assert.equal(await catalog.claimRemoval(seen, claim), 'claimed');
    body.end();
    assert.equal((await faultOf(done)).code, 'GONE');
  },
);

test('a client learns of the finish only when data, name and record are synced, in this order', async (t) => {
  const disk = faultyDisk.during(t);
  const store = await openStore(t, { fsync: 'completed' });
  const id = await make(store, 3);
  disk.reset();
  await append(store, id, 0, 'abc');
  const { steps } = disk;
  const committed = steps.lastIndexOf('COMMIT');
  assert.ok(steps.indexOf('write') < steps.indexOf('fdatasync'), steps.join());
  assert.ok(steps.indexOf('fdatasync') < committed, steps.join());
  assert.ok(steps.indexOf('fsync') < committed, steps.join());
  assert.deepEqual(steps.slice(committed), ['COMMIT', 'fdatasync']);
});

test('with fsync "always" every offset is synced before the client gets it', async (t) => {
  const disk = faultyDisk.during(t);
  const store = await openStore(t, { fsync: 'always' });
  const id = await make(store, 10);
  disk.reset();
  await append(store, id, 0, 'abc');
  const { steps } = disk;
  const after = steps.slice(steps.indexOf('write'));
  assert.equal(after[1], 'fdatasync', steps.join());
  assert.deepEqual(after.slice(-2), ['COMMIT', 'fdatasync'], steps.join());
});
