import './support/faulty-disk.ts';

import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { test } from 'node:test';
import type { Fault } from '../../src/fault.ts';
import { recordProgress } from '../../src/storage/uploads/upkeep/progress.ts';
import { until } from '../support/until.ts';
import { contentIn, onEveryBackend } from './support/backends.ts';
import { faultyDisk } from './support/faulty-disk.ts';
import { append, begin, faultOf, insideOf, make, offsetOf, openStore } from './support/stores.ts';

onEveryBackend('of two requests at one offset exactly one wins', async (t, openStore) => {
  const store = await openStore(t);
  for (let round = 0; round < 20; round++) {
    const id = await make(store, 5);
    const outcomes = await Promise.allSettled([
      append(store, id, 0, 'AAAAA'),
      append(store, id, 0, 'BBBBB'),
      append(store, id, 0, 'CCCCC'),
    ]);
    assert.deepEqual(
      outcomes.map((outcome) =>
        outcome.status === 'fulfilled' ? 'won' : (outcome.reason as Fault).code,
      ),
      ['won', 'CONFLICT', 'CONFLICT'],
    );
    assert.equal((await contentIn(store, id)).toString(), 'AAAAA');
  }
});

onEveryBackend(
  'a request takes over from a writer that has gone silent, whose bytes are kept',
  async (t, openStore) => {
    let now = 1_000_000;
    const store = await openStore(t, { now: () => now });
    const id = await make(store, 10);
    const silent = await begin(store, id, '12345');
    now += 2_000;
    const next = append(store, id, 5, '67890');
    const before = await silent.done;
    assert.deepEqual([before.offset, before.interrupted], [5, 'superseded']);
    assert.equal((await next).finished, true);
    assert.equal((await contentIn(store, id)).toString(), '1234567890');
  },
);

onEveryBackend(
  'a request waits for a busy writer, and fails with Retry-After when that takes too long',
  async (t, openStore) => {
    const store = await openStore(t, { limits: { writerWait: 0 } });
    const id = await make(store, 10);
    const busy = await begin(store, id, '12345');
    assert.equal((await faultOf(append(store, id, 5, 'x'))).code, 'LOCKED');
    busy.body.end('67890');
    assert.equal((await busy.done).finished, true);
  },
);

onEveryBackend(
  'a client that vanishes while it waits for its turn does not write',
  async (t, openStore) => {
    const store = await openStore(t);
    const id = await make(store, 10);
    const busy = await begin(store, id, '12345');
    const body = new PassThrough();
    const waiting = append(store, id, 5, body);
    waiting.catch(() => {});
    body.write('XX');
    body.destroy();
    assert.equal((await faultOf(waiting)).code, 'UNAVAILABLE');
    busy.body.end('67890');
    await busy.done;
    assert.equal((await contentIn(store, id)).toString(), '1234567890');
  },
);

onEveryBackend(
  'HEAD tells what is on disk while bytes arrive, and is never held up',
  async (t, openStore) => {
    const store = await openStore(t);
    const id = await make(store, 100);
    const { body, done } = await begin(store, id, '12345');
    assert.equal(await offsetOf(store, id), 5);
    body.write('678');
    await until('the rest is on disk', async () => (await offsetOf(store, id)) === 8);
    assert.equal(insideOf(store).active.size, 1);
    body.destroy();
    await done;
  },
  'immediate',
);

onEveryBackend(
  'HEAD tells the bytes of whole parts once they are recorded, and all after the request',
  async (t, openStore) => {
    const store = await openStore(t);
    const id = await make(store, 10_000);
    const { body, done } = await begin(store, id, Buffer.alloc(2_500, 'x'));
    assert.equal(await offsetOf(store, id), 0);
    await until('two parts are recorded', async () => {
      await recordProgress(insideOf(store));
      return (await offsetOf(store, id)) === 2_000;
    });
    body.write('y');
    body.destroy();
    assert.equal((await done).offset, 2_501);
    assert.equal(await offsetOf(store, id), 2_501);
    await append(store, id, 2_501, Buffer.alloc(7_499, 'z'));
    const content = (await contentIn(store, id)).toString();
    assert.equal(content, `${'x'.repeat(2_500)}y${'z'.repeat(7_499)}`);
  },
  'buffering',
);

test('a writer that waits for the disk is not silent, and is not taken over', async (t) => {
  const disk = faultyDisk.during(t);
  let now = 1_000_000;
  const store = await openStore(t, { now: () => now, limits: { writerWait: 0 } });
  const id = await make(store, 20);
  // After a slow write the thread pool writes, whose writes can be held.
  disk.slowness = 200;
  const { body, done } = await begin(store, id, '12345');
  disk.holdWrites();
  body.write('67890');
  await until('the write runs', () => disk.held?.length === 1);
  now += 60_000;
  assert.equal((await faultOf(append(store, id, 5, 'x'))).code, 'LOCKED');
  disk.letGo();
  body.end();
  const { offset, interrupted } = await done;
  assert.deepEqual([offset, interrupted], [10, null]);
});
