import './support/faulty-disk.ts';

import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { test } from 'node:test';
import { openStore as openDaemonStore } from '../../src/storage/store.ts';
import { until } from '../support/until.ts';
import { contentIn, onEveryBackend } from './support/backends.ts';
import { faultyDisk } from './support/faulty-disk.ts';
import {
  append,
  begin,
  bodyOf,
  bytes,
  CALLER,
  contentOf,
  creation,
  faultOf,
  insideOf,
  make,
  offsetOf,
  openStore,
  whole,
} from './support/stores.ts';

onEveryBackend(
  'a store that drains takes nothing new, and still answers questions',
  async (t, openStore) => {
    const store = await openStore(t);
    const id = await make(store, 10);
    await store.drain(0);
    for (const attempt of [() => append(store, id, 0, 'x'), () => make(store, 1)]) {
      const fault = await faultOf(attempt());
      assert.deepEqual([fault.code, fault.status, fault.retryAfter], ['UNAVAILABLE', 503, 5]);
    }
    assert.equal(await offsetOf(store, id), 0);
    await store.terminate(id, CALLER);
  },
);

onEveryBackend('requests that end in time are not cut', async (t, openStore) => {
  const store = await openStore(t);
  const id = await make(store, 10);
  const { body, done } = await begin(store, id, '12345');
  const drained = store.drain(60_000);
  body.end('67890');
  assert.equal((await done).finished, true);
  await drained;
});

onEveryBackend(
  'requests that take too long are cut, and their bytes are kept',
  async (t, openStore) => {
    const store = await openStore(t);
    const id = await make(store, 10);
    const { done } = await begin(store, id, '12345');
    await store.drain(0);
    const { offset, interrupted } = await done;
    assert.deepEqual([offset, interrupted], [5, 'draining']);
    assert.equal((await store.remember(id))?.offset, 5);
  },
);

onEveryBackend(
  'requests that wait for their turn fail with Retry-After, and do not begin',
  async (t, openStore) => {
    const store = await openStore(t);
    const id = await make(store, 10);
    const { done } = await begin(store, id, '12345');
    const waiting = [append(store, id, 5, '6'), append(store, id, 5, '7')];
    for (const attempt of waiting) attempt.catch(() => {});
    await store.drain(0);
    await done;
    for (const attempt of waiting) assert.equal((await faultOf(attempt)).status, 503);
    assert.equal((await contentIn(store, id)).toString(), '12345');
  },
);

onEveryBackend(
  'a request that was about to read its first byte is cut, too',
  async (t, openStore) => {
    const store = await openStore(t);
    const id = await make(store, 10);
    const body = new PassThrough();
    const done = append(store, id, 0, body);
    // Its lease is taken and its file is being opened.
    while (!(await store.isBeingWritten(id))) await Promise.resolve();
    assert.equal(insideOf(store).active.size, 0);
    const drained = store.drain(0);
    body.write('123');
    assert.equal((await done).interrupted, 'draining');
    await drained;
    assert.equal(insideOf(store).active.size, 0);
  },
);

onEveryBackend(
  'small creations and those with a checksum are cut and told to come back',
  async (t, openStore) => {
    const store = await openStore(t);
    const made = (checksum: boolean) => {
      const body = new PassThrough();
      body.write('123');
      return store.create(creation({ length: 10 }), {
        body,
        bodyLength: 10,
        ...(checksum ? { whole: whole(true) } : {}),
      });
    };
    const plain = made(false);
    const checked = made(true);
    checked.catch(() => {});
    await until('both are under way', () => insideOf(store).pumps.size === 2);
    await store.drain(0);
    assert.equal((await plain).interrupted, 'draining');
    assert.equal((await faultOf(checked)).status, 503);
  },
);

test('a join is cut short and begins anew at the next start', async (t) => {
  const disk = faultyDisk.during(t);
  const store = await openStore(t);
  const uploadDir = store.place.replace(/\/tus$/, '');
  const content = bytes(3_000_000);
  const first = await make(store, content.length, 'partial');
  await append(store, first, 0, content);
  const last = await make(store, 1, 'partial');
  const parts = [first, last];
  const { record } = await store.concatenate({ ...creation({ kind: 'final' }), parts });
  await append(store, last, 0, 'x');
  disk.holdWrites();
  await until('it is joining', () => disk.held?.length === 1);
  const closed = store.close();
  await until('time is up', () => insideOf(store).ending);
  disk.letGo();
  await closed;
  const next = await openStore(t, { uploadDir });
  await until('it is joined', async () => {
    return (await next.remember(record.id))?.state === 'finished';
  });
  assert.ok(contentOf(next, record.id).equals(Buffer.concat([content, Buffer.from('x')])));
});

test('a client whose join is cut short gets 503, and nothing is left of the join', async (t) => {
  const disk = faultyDisk.during(t);
  const store = await openStore(t);
  const content = bytes(3_000_000);
  const id = await make(store, content.length, 'partial');
  await append(store, id, 0, content);
  disk.holdWrites();
  const joining = store.concatenate({ ...creation({ kind: 'final' }), parts: [id] });
  joining.catch(() => {});
  await until('it is joining', () => disk.held?.length === 1);
  const drained = store.drain(0);
  await until('time is up', () => insideOf(store).ending);
  disk.letGo();
  assert.equal((await faultOf(joining)).status, 503);
  await drained;
  const [final] = await store.finalsOf(id);
  assert.equal(final?.state, 'removed');
});

test('draining waits until a finish is on disk, and closing until it is drained', async (t) => {
  let answer = () => {};
  const answered = new Promise<undefined>((resolve) => {
    answer = () => resolve(undefined);
  });
  let asked = false;
  const store = await openStore(t, {
    guards: {
      beforeFinish: () => {
        asked = true;
        return answered;
      },
    },
  });
  const uploadDir = store.place.replace(/\/tus$/, '');
  const id = await make(store, 3);
  const done = append(store, id, 0, 'abc');
  await until('the hook is asked', () => asked);
  let closed = false;
  const closing = store.close().then(() => {
    closed = true;
  });
  await until('time is up', () => insideOf(store).ending);
  assert.equal(closed, false);
  answer();
  assert.equal((await done).finished, true);
  await closing;
  const next = await openDaemonStore({ uploadDir });
  t.after(() => next.close());
  assert.equal((await next.find(id)).record.state, 'finished');
});

onEveryBackend(
  'a store may be closed twice, and takes nothing afterwards',
  async (t, openStore) => {
    const store = await openStore(t);
    await Promise.all([store.close(), store.close()]);
    await store.close();
    assert.equal((await faultOf(make(store, 1))).code, 'UNAVAILABLE');
    assert.equal((await faultOf(store.terminate('a', CALLER))).code, 'UNAVAILABLE');
    assert.equal((await faultOf(append(store, 'a', 0, bodyOf('x')))).code, 'UNAVAILABLE');
  },
);
