import './support/faulty-disk.ts';

import assert from 'node:assert/strict';
import { truncateSync, unlinkSync, writeFileSync } from 'node:fs';
import { PassThrough } from 'node:stream';
import { test } from 'node:test';
import type { Fault } from '../../src/fault.ts';
import type { StorageEvent } from '../../src/storage/events.ts';
import { until } from '../support/until.ts';
import { diskError, faultyDisk } from './support/faulty-disk.ts';
import {
  append,
  begin,
  bodyOf,
  bytes,
  contentOf,
  crcOf,
  faultOf,
  insideOf,
  make,
  offsetOf,
  openStore,
  whole,
} from './support/stores.ts';

test('bytes of several requests make one file, and the last one finishes it', async (t) => {
  const store = await openStore(t);
  const id = await make(store, 11);
  const first = await append(store, id, 0, 'hello ');
  assert.deepEqual([first.offset, first.finished, first.interrupted], [6, false, null]);
  const last = await append(store, id, 6, 'world');
  assert.deepEqual([last.offset, last.finished, last.record.state], [11, true, 'finished']);
  assert.equal(contentOf(store, id).toString(), 'hello world');
  const { record, offset } = await store.find(id);
  assert.deepEqual([record.state, record.offset, offset], ['finished', 11, 11]);
  assert.equal(record.crc32, crcOf(Buffer.from('hello world')));
});

test('nothing is left behind after a request, whatever became of it', async (t) => {
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
});

test('a request at another offset is refused with the right one', async (t) => {
  const store = await openStore(t);
  const id = await make(store, 10);
  await append(store, id, 0, '12345');
  for (const offset of [0, 4, 6, 10]) {
    const fault = await faultOf(append(store, id, offset, 'x'));
    assert.equal(fault.code, 'CONFLICT');
    assert.equal(fault.offset, 5);
  }
  assert.equal(contentOf(store, id).toString(), '12345');
});

test('a body that is longer than what is missing is refused before its first byte', async (t) => {
  const store = await openStore(t);
  const id = await make(store, 10);
  let accepted = false;
  const onAccepted = () => {
    accepted = true;
  };
  const fault = await faultOf(append(store, id, 0, '12345678901', { onAccepted }));
  assert.equal(fault.code, 'TOO_LARGE');
  assert.equal(accepted, false);
  assert.equal(await offsetOf(store, id), 0);
});

test('a body that turns out longer than what is missing counts for nothing', async (t) => {
  const store = await openStore(t);
  const id = await make(store, 10);
  await append(store, id, 0, '1234');
  const { body, done } = await begin(store, id, '56');
  body.end('7890X');
  assert.equal((await faultOf(done)).code, 'TOO_LARGE');
  assert.equal(await offsetOf(store, id), 4);
  assert.equal(contentOf(store, id).toString(), '1234');
  await append(store, id, 4, '567890');
  assert.equal((await store.find(id)).record.crc32, crcOf(Buffer.from('1234567890')));
});

test('what came before the client vanished is kept and told', async (t) => {
  const store = await openStore(t);
  const id = await make(store, 10);
  const { body, done } = await begin(store, id, '1234');
  body.destroy();
  const { offset, interrupted, finished } = await done;
  assert.deepEqual([offset, interrupted, finished], [4, 'reset', false]);
  await append(store, id, 4, '567890');
  assert.equal(contentOf(store, id).toString(), '1234567890');
  const [, received] = await store.timeline((await store.find(id)).record);
  assert.equal(received?.event === 'received' && received.interrupted, 'reset');
});

test('what a client had sent before it left is kept even when nobody had read it yet', async (t) => {
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
    assert.equal(contentOf(store, id).toString(), '1234');
    assert.equal((await store.find(id)).record.crc32, crcOf(Buffer.from('1234')));
  }
});

test('an upload whose client vanished behind the last byte is finished', async (t) => {
  const store = await openStore(t);
  const id = await make(store, 4);
  const { body, done } = await begin(store, id, '1234');
  body.destroy();
  assert.equal((await done).finished, true);
  assert.equal((await store.find(id)).record.state, 'finished');
});

test('a client that is silent for the idle timeout is ended, its bytes kept', async (t) => {
  const store = await openStore(t, { limits: { idleTimeout: 20 } });
  const id = await make(store, 10);
  const body = new PassThrough();
  body.write('1234');
  const { offset, interrupted } = await append(store, id, 0, body);
  assert.deepEqual([offset, interrupted], [4, 'idle']);
});

test('a length that was not said at the creation is said once, and holds', async (t) => {
  const store = await openStore(t);
  const id = await make(store, null);
  await append(store, id, 0, '12345');
  assert.equal((await store.find(id)).record.length, null);
  assert.equal((await faultOf(append(store, id, 5, '', { length: 4 }))).code, 'BAD_REQUEST');
  assert.equal((await store.find(id)).record.length, null);
  await append(store, id, 5, '678', { length: 10 });
  assert.equal((await faultOf(append(store, id, 8, '', { length: 9 }))).code, 'BAD_REQUEST');
  await append(store, id, 8, '90', { length: 10 });
  const { record } = await store.find(id);
  assert.deepEqual([record.state, record.length], ['finished', 10]);
  const events = (await store.timeline(record)).map((entry) => entry.event);
  assert.deepEqual(events.filter((event) => event === 'length-declared').length, 1);
});

test('a length equal to the offset finishes the upload with an empty request', async (t) => {
  const store = await openStore(t);
  const id = await make(store, null);
  await append(store, id, 0, '12345');
  const { finished, offset } = await append(store, id, 5, '', { length: 5 });
  assert.deepEqual([finished, offset], [true, 5]);
});

test('a length of nothing makes an empty finished upload', async (t) => {
  const store = await openStore(t);
  const id = await make(store, null);
  assert.equal((await append(store, id, 0, '', { length: 0 })).finished, true);
  assert.equal(contentOf(store, id).length, 0);
});

test('a request that is refused does not declare its length', async (t) => {
  const store = await openStore(t, { limits: { maxSize: 100 } });
  const id = await make(store, null);
  assert.equal((await faultOf(append(store, id, 0, 'x', { length: 101 }))).code, 'TOO_LARGE');
  assert.equal((await faultOf(append(store, id, 1, 'x', { length: 50 }))).code, 'CONFLICT');
  assert.equal((await faultOf(append(store, id, 0, 'xyz', { length: 2 }))).code, 'TOO_LARGE');
  assert.equal((await store.find(id)).record.length, null);
});

test('an upload whose length is not known stops at the largest allowed', async (t) => {
  const store = await openStore(t, { limits: { maxSize: 8 } });
  const id = await make(store, null);
  const { body, done } = await begin(store, id, '12345678');
  body.end('9');
  assert.equal((await faultOf(done)).code, 'TOO_LARGE');
  assert.equal(await offsetOf(store, id), 0);
});

test('an empty request in the middle changes nothing', async (t) => {
  const store = await openStore(t);
  const id = await make(store, 10);
  await append(store, id, 0, '12345');
  const before = await store.timeline((await store.find(id)).record);
  const { offset, finished } = await append(store, id, 5, '');
  assert.deepEqual([offset, finished], [5, false]);
  assert.deepEqual(await store.timeline((await store.find(id)).record), before);
});

test('a finished upload takes nothing more, and an empty request at its end is answered kindly', async (t) => {
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
  assert.equal(contentOf(store, id).toString(), 'abc');
  assert.deepEqual(events, ['created', 'finished']);
});

test('a request with a checksum counts as a whole', async (t) => {
  const store = await openStore(t);
  const id = await make(store, 10);
  await append(store, id, 0, '123', { whole: whole(true) });
  assert.equal(await offsetOf(store, id), 3);
  const fault = await faultOf(append(store, id, 3, '4567890', { whole: whole(false) }));
  assert.equal(fault.code, 'CHECKSUM_MISMATCH');
  assert.equal(await offsetOf(store, id), 3);
  assert.equal(contentOf(store, id).toString(), '123');
  const { record } = await store.find(id);
  assert.deepEqual([record.state, record.uncommittedFrom], ['receiving', null]);
  await append(store, id, 3, '4567890', { whole: whole(true) });
  assert.equal((await store.find(id)).record.crc32, crcOf(Buffer.from('1234567890')));
});

test('bytes that are not verified yet are told to nobody, and are gone when the client vanishes', async (t) => {
  const store = await openStore(t);
  const id = await make(store, 10);
  await append(store, id, 0, '123');
  const { body, done } = await begin(store, id, '4567890', { whole: whole(true) });
  assert.equal(await offsetOf(store, id), 3);
  body.destroy();
  const { offset, interrupted } = await done;
  assert.deepEqual([offset, interrupted], [3, 'reset']);
  assert.equal(contentOf(store, id).toString(), '123');
  assert.equal((await store.find(id)).record.uncommittedFrom, null);
});

test('verification reads back exactly what the request brought', async (t) => {
  const store = await openStore(t);
  const sent = bytes(3_000_000);
  const id = await make(store, sent.length);
  await append(store, id, 0, sent.subarray(0, 1000));
  const read: Buffer[] = [];
  await append(store, id, 1000, sent.subarray(1000), {
    whole: {
      async verify(readBack) {
        for await (const block of readBack()) read.push(Buffer.from(block));
      },
    },
  });
  assert.ok(Buffer.concat(read).equals(sent.subarray(1000)));
});

test('HEAD tells what is on disk while bytes arrive, and is never held up', async (t) => {
  const store = await openStore(t);
  const id = await make(store, 100);
  const { body, done } = await begin(store, id, '12345');
  assert.equal(await offsetOf(store, id), 5);
  body.write('678');
  await until('the rest is on disk', async () => (await offsetOf(store, id)) === 8);
  assert.equal(insideOf(store).active.size, 1);
  body.destroy();
  await done;
});

test('of two requests at one offset exactly one wins', async (t) => {
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
    assert.equal(contentOf(store, id).toString(), 'AAAAA');
  }
});

test('a request takes over from a writer that has gone silent, whose bytes are kept', async (t) => {
  let now = 1_000_000;
  const store = await openStore(t, { now: () => now });
  const id = await make(store, 10);
  const silent = await begin(store, id, '12345');
  now += 2_000;
  const next = append(store, id, 5, '67890');
  const before = await silent.done;
  assert.deepEqual([before.offset, before.interrupted], [5, 'superseded']);
  assert.equal((await next).finished, true);
  assert.equal(contentOf(store, id).toString(), '1234567890');
});

test('a request waits for a busy writer, and is told to come back when that takes too long', async (t) => {
  const store = await openStore(t, { limits: { writerWait: 0 } });
  const id = await make(store, 10);
  const busy = await begin(store, id, '12345');
  assert.equal((await faultOf(append(store, id, 5, 'x'))).code, 'LOCKED');
  busy.body.end('67890');
  assert.equal((await busy.done).finished, true);
});

test('a client that vanishes while it waits for its turn does not write', async (t) => {
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
  assert.equal(contentOf(store, id).toString(), '1234567890');
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

test('a disk that fails is told as such', async (t) => {
  const disk = faultyDisk.during(t);
  const store = await openStore(t);
  const id = await make(store, 10);
  disk.fail = (step) => (step === 'write' ? diskError('EIO') : undefined);
  assert.equal((await faultOf(append(store, id, 0, '1234'))).code, 'IO');
  disk.reset();
  assert.equal(await offsetOf(store, id), 0);
  assert.equal((await append(store, id, 0, '1234567890')).finished, true);
});

test('a body that cannot fit is refused before its first byte', async (t) => {
  const store = await openStore(t, { limits: { minFreeSpace: 1 } });
  const id = await make(store, null);
  const fault = await faultOf(
    append(store, id, 0, '', { bodyLength: Number.MAX_SAFE_INTEGER, body: bodyOf('') }),
  );
  assert.equal(fault.code, 'NO_SPACE');
  assert.equal(fault.status, 507);
});

test('bytes that somebody else put into the file count from the next request on', async (t) => {
  const store = await openStore(t);
  const id = await make(store, 10);
  await append(store, id, 0, '123');
  writeFileSync(store.path(id), '12345');
  assert.equal(await offsetOf(store, id), 5);
  await append(store, id, 5, '67890');
  assert.equal((await store.find(id)).record.crc32, crcOf(Buffer.from('1234567890')));
});

test('a file that lost bytes is said to have, and goes on from what is there', async (t) => {
  const warnings: string[] = [];
  const store = await openStore(t, { warn: (message) => warnings.push(message) });
  const id = await make(store, 10);
  await append(store, id, 0, '12345');
  truncateSync(store.path(id), 2);
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
  writeFileSync(store.path(id), '12345');
  assert.equal((await faultOf(append(store, id, 0, ''))).code, 'IO');
  assert.equal(contentOf(store, id).toString(), '12345');
});

test('an upload whose file is gone is gone', async (t) => {
  const store = await openStore(t);
  const id = await make(store, 10);
  unlinkSync(store.path(id));
  assert.equal((await faultOf(append(store, id, 0, 'x'))).code, 'GONE');
  assert.equal((await faultOf(store.find(id))).code, 'GONE');
  assert.equal(insideOf(store).writers.isBusy(id), false);
});

test('an upload that has expired takes nothing', async (t) => {
  let now = 1_000_000;
  const store = await openStore(t, {
    now: () => now,
    expiresAt: (record) => record.activeAt + 1000,
  });
  const id = await make(store, 10);
  now += 999;
  await append(store, id, 0, '123');
  now += 999;
  assert.equal(await offsetOf(store, id), 3);
  now += 1;
  assert.equal((await faultOf(append(store, id, 3, '4'))).code, 'GONE');
  assert.equal((await faultOf(store.find(id))).code, 'GONE');
});

test('an upload that is being written does not expire under its writer', async (t) => {
  let now = 1_000_000;
  const store = await openStore(t, {
    now: () => now,
    expiresAt: (record) => record.activeAt + 1000,
  });
  const id = await make(store, 10);
  const { body, done } = await begin(store, id, '123');
  now += 5_000;
  assert.equal(await offsetOf(store, id), 3);
  body.end('4567890');
  assert.equal((await done).finished, true);
});

test('a request is accepted once, after every check and before its first byte', async (t) => {
  const store = await openStore(t);
  const id = await make(store, 10);
  const seen: string[] = [];
  const body = new PassThrough();
  body.on('resume', () => seen.push('read'));
  const done = append(store, id, 0, body, { onAccepted: () => seen.push('accepted') });
  await until('it is read', () => seen.includes('read'));
  body.destroy();
  await done;
  assert.equal(seen[0], 'accepted');
  assert.equal(seen.filter((what) => what === 'accepted').length, 1);
});

test('a request that fails when it is accepted lets go of everything', async (t) => {
  const store = await openStore(t);
  const id = await make(store, 10);
  const onAccepted = () => {
    throw new Error('the socket was closed');
  };
  await assert.rejects(append(store, id, 0, 'x', { onAccepted }), /socket was closed/);
  assert.equal(insideOf(store).active.size, 0);
  assert.equal(insideOf(store).pumps.size, 0);
  assert.equal(await store.isBeingWritten(id), false);
  await append(store, id, 0, 'x');
});

test('what another process has removed meanwhile is not answered as kept', async (t) => {
  const store = await openStore(t);
  const id = await make(store, 10);
  const { body, done } = await begin(store, id, '123');
  const { catalog } = insideOf(store);
  const { seq } = catalog.uploads.get(id)!;
  catalog.write(() => catalog.uploads.update(seq, { state: 'removed' }));
  body.end();
  assert.equal((await faultOf(done)).code, 'GONE');
});

test('a client is told of the finish only when data, name and record are synced, in this order', async (t) => {
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

test('with fsync "always" every offset is synced before it is told', async (t) => {
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
