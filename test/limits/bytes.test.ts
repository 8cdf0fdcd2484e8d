import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openCommandStore } from '../../src/storage/store.ts';
import {
  append,
  bodyOf,
  contentOf,
  creation,
  faultOf,
  make,
  offsetOf,
  whole,
} from '../storage/support/stores.ts';
import { temporaryFolder } from '../support/temporary.ts';
import { CALLER, callerAt, DAY, HOUR } from '../support/uploads.ts';
import { openLimited } from './support/limited-store.ts';
import { TestClock } from './support/meter-clock.ts';

test('a limit in the middle of an upload keeps its bytes, and the upload goes on tomorrow', async (t) => {
  const { store, clock } = await openLimited(t, { maxBytesPerDay: 5 });
  const id = await make(store, 8);
  const fault = await faultOf(append(store, id, 0, 'abcdefgh'));
  assert.deepEqual([fault.code, fault.offset, fault.retryAfter], ['LIMITED', 5, 12 * 3600]);
  assert.equal(await offsetOf(store, id), 5);
  assert.equal(contentOf(store, id).toString(), 'abcde');
  const again = await faultOf(append(store, id, 5, 'fgh'));
  assert.deepEqual([again.code, again.offset], ['LIMITED', 5]);
  assert.equal((await faultOf(make(store, 1))).code, 'LIMITED');
  // No byte is sent by these.
  await make(store, 0);
  await append(store, id, 5, '');
  clock.pass(fault.retryAfter! * 1000);
  assert.equal((await append(store, id, 5, 'fgh')).finished, true);
});

test('the timeline tells what ended the request', async (t) => {
  const { store } = await openLimited(t, { maxBytesPerDay: 5 });
  const id = await make(store, 8);
  await faultOf(append(store, id, 0, 'abcdefgh'));
  const last = (await store.timeline((await store.remember(id))!)).at(-1);
  assert.equal(last?.event === 'received' && last.interrupted, 'limited');
});

test('a creation that meets the limit with its bytes succeeds with those before', async (t) => {
  const { store } = await openLimited(t, { maxBytesPerDay: 5 });
  const body = { body: bodyOf('abcdefgh'), bodyLength: 8 };
  const { record, offset, interrupted } = await store.create(creation({ length: 8 }), body);
  assert.deepEqual([offset, interrupted], [5, 'limited']);
  assert.equal(await offsetOf(store, record.id), 5);
});

test('a request with a checksum that meets the limit counts for nothing, but its bytes were sent', async (t) => {
  const { store } = await openLimited(t, { maxBytesPerDay: 5 });
  const id = await make(store, 8);
  const fault = await faultOf(append(store, id, 0, 'abcdefgh', { whole: whole(true) }));
  assert.deepEqual([fault.code, fault.offset], ['LIMITED', 0]);
  assert.equal(await offsetOf(store, id), 0);
  assert.equal((await faultOf(append(store, id, 0, 'a'))).code, 'LIMITED');
});

test('the bytes of one address leave the others alone', async (t) => {
  const { store } = await openLimited(t, { maxBytesPerDayPerAddress: 5 });
  const id = await make(store, 100);
  const send = (address: string, offset: number) =>
    append(store, id, offset, 'abc', { caller: callerAt(address) });
  await send('10.0.0.1', 0);
  await send('10.0.0.2', 3);
  assert.equal((await faultOf(send('10.0.0.1', 6))).offset, 8);
  await send('10.0.0.3', 8);
});

test('bytes of a day are counted across a restart, and a clock that is set finds its day', async (t) => {
  const uploadDir = temporaryFolder(t);
  const clock = new TestClock();
  const { store } = await openLimited(t, { maxBytesPerDay: 10 }, { uploadDir, clock });
  const id = await make(store, 100);
  await append(store, id, 0, 'abcdef');
  await store.close();
  const next = await openLimited(t, { maxBytesPerDay: 10 }, { uploadDir, clock });
  assert.equal((await faultOf(append(next.store, id, 6, 'ghijkl'))).offset, 10);
  clock.wall += DAY;
  await append(next.store, id, 10, 'abc');
  await next.store.close();
  clock.wall -= DAY;
  const last = await openLimited(t, { maxBytesPerDay: 10 }, { uploadDir, clock });
  assert.equal((await faultOf(append(last.store, id, 13, 'x'))).code, 'LIMITED');
  clock.wall += DAY + HOUR;
  assert.equal((await append(last.store, id, 13, '1234567')).offset, 20);
});

test('all uploads together take no more than their total, announced lengths included', async (t) => {
  const { store } = await openLimited(t, { maxTotalSize: 10 });
  const announced = await make(store, 6);
  const fault = await faultOf(make(store, 5));
  assert.deepEqual([fault.code, fault.status], ['NO_SPACE', 507]);
  const small = await make(store, 4);
  await make(store, 0);
  assert.equal((await faultOf(make(store, null))).code, 'NO_SPACE');
  await append(store, small, 0, 'abcd');
  await append(store, announced, 0, 'abcdef');
  assert.equal((await faultOf(make(store, 1))).code, 'NO_SPACE');
  await store.terminate(small, CALLER);
  await make(store, 4);
});

test('uploads of unknown length take room as they grow, and stop where there is none', async (t) => {
  const { store } = await openLimited(t, { maxTotalSize: 10 });
  const [one, other] = [await make(store, null), await make(store, null)];
  await append(store, one, 0, 'abcdef');
  const fault = await faultOf(append(store, other, 0, 'ghijkl'));
  assert.deepEqual([fault.code, fault.offset], ['NO_SPACE', 4]);
  assert.equal(await offsetOf(store, other), 4);
  // A length that does not fit is refused, and changes nothing.
  const declared = await faultOf(append(store, other, 4, '', { length: 5 }));
  assert.deepEqual([declared.code, declared.offset], ['NO_SPACE', 4]);
  assert.equal((await store.find(other)).record.length, null);
  await store.terminate(one, CALLER);
  assert.equal((await append(store, other, 4, 'klmnop', { length: 10 })).finished, true);
});

test('a final upload needs room beside its parts', async (t) => {
  const { store } = await openLimited(t, { maxTotalSize: 10 });
  const part = await make(store, 4, 'partial');
  await append(store, part, 0, 'abcd');
  const final = creation({ kind: 'final', parts: [part] });
  await store.concatenate({ ...final, parts: [part] });
  const refused = await faultOf(store.concatenate({ ...final, parts: [part] }));
  assert.equal(refused.code, 'NO_SPACE');
  await make(store, 2);
});

test('room that a command frees beside the daemon can be used at once', async (t) => {
  const uploadDir = temporaryFolder(t);
  const { store, clock } = await openLimited(t, { maxTotalSize: 10 }, { uploadDir });
  const id = await make(store, 10);
  await append(store, id, 0, '0123456789');
  const command = await openCommandStore({ uploadDir });
  await command.terminate(id, CALLER);
  await command.close();
  clock.pass(1_000);
  await make(store, 10);
});
