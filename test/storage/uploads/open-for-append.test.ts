import assert from 'node:assert/strict';
import { unlinkSync } from 'node:fs';
import { PassThrough } from 'node:stream';
import { test } from 'node:test';
import { until } from '../../support/until.ts';
import {
  append,
  begin,
  bodyOf,
  contentOf,
  faultOf,
  insideOf,
  make,
  offsetOf,
  openStore,
} from '../support/stores.ts';

test('a request at another offset is refused with the right one', async (t) => {
  const store = await openStore(t);
  const id = await make(store, 10);
  await append(store, id, 0, '12345');
  for (const offset of [0, 4, 6, 10]) {
    const fault = await faultOf(append(store, id, offset, 'x'));
    assert.equal(fault.code, 'CONFLICT');
    assert.equal(fault.offset, 5);
    assert.equal(await store.isBeingWritten(id), false);
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

test('a body that cannot fit is refused before its first byte', async (t) => {
  const store = await openStore(t, { limits: { minFreeSpace: 1 } });
  const id = await make(store, null);
  const fault = await faultOf(
    append(store, id, 0, '', { bodyLength: Number.MAX_SAFE_INTEGER, body: bodyOf('') }),
  );
  assert.equal(fault.code, 'NO_SPACE');
  assert.equal(fault.status, 507);
});

test('an upload whose file is gone is gone', async (t) => {
  const store = await openStore(t);
  const id = await make(store, 10);
  unlinkSync(store.locate(id));
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

test('a request that fails when it is accepted releases everything', async (t) => {
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
