import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Fault } from '../../src/fault.ts';
import { UNLIMITED } from '../../src/limits/limits.ts';
import { countFor } from '../../src/limits/subjects.ts';
import { append, bodyOf, creation, faultOf, make } from '../storage/support/stores.ts';
import { temporaryFolder } from '../support/temporary.ts';
import { callerAt } from '../support/uploads.ts';
import { openLimited } from './support/limited-store.ts';

const from = (address: string, length = 10) => creation({ length, caller: callerAt(address) });

test('creations per minute are limited for all, and Retry-After is long enough', async (t) => {
  const { store, clock } = await openLimited(t, { maxCreationsPerMinute: 3 });
  for (let index = 0; index < 3; index++) await store.create(from(`10.0.0.${index}`));
  const fault = await faultOf(store.create(from('10.0.0.9')));
  assert.deepEqual([fault.code, fault.status], ['LIMITED', 429]);
  clock.pass((fault.retryAfter ?? 0) * 1000);
  await store.create(from('10.0.0.9'));
  await faultOf(store.create(from('10.0.0.9')));
});

test('creations per minute of one address leave others alone', async (t) => {
  const { store } = await openLimited(t, { maxCreationsPerMinutePerAddress: 1 });
  await store.create(from('10.0.0.1'));
  await store.create(from('10.0.0.2'));
  assert.equal((await faultOf(store.create(from('10.0.0.1')))).code, 'LIMITED');
  await store.create(from('2001:db8::1'));
  assert.equal((await faultOf(store.create(from('2001:db8::2')))).code, 'LIMITED');
  await store.create(from('2001:db8:0:1::2'));
});

test('a clock that is set neither resets nor prolongs the minute', async (t) => {
  const { store, clock } = await openLimited(t, { maxCreationsPerMinute: 1 });
  await make(store, 10);
  for (const step of [3_600_000, -7_200_000, 86_400_000 * 400]) {
    clock.wall += step;
    const { retryAfter } = await faultOf(make(store, 10));
    assert.ok(retryAfter! <= 120);
  }
  clock.pass(120_000);
  await make(store, 10);
});

test('creations are counted across a restart', async (t) => {
  const uploadDir = temporaryFolder(t);
  const { store, clock } = await openLimited(t, { maxCreationsPerMinute: 2 }, { uploadDir });
  await make(store, 10);
  await make(store, 10);
  await store.close();
  const next = await openLimited(t, { maxCreationsPerMinute: 2 }, { uploadDir, clock });
  assert.equal((await faultOf(make(next.store, 10))).code, 'LIMITED');
});

test('creations that come at once are counted one by one', async (t) => {
  const { store } = await openLimited(t, { maxCreationsPerMinute: 5, maxOpenUploads: 5 });
  const all = Array.from({ length: 20 }, () => make(store, 10));
  const made = (await Promise.allSettled(all)).filter(({ status }) => status === 'fulfilled');
  assert.equal(made.length, 5);
});

test('unfinished uploads are limited, and a place is free when one ends', async (t) => {
  const { store, clock } = await openLimited(t, { maxOpenUploadsPerAddress: 2 });
  const first = (await store.create(from('10.0.0.5', 3))).record.id;
  const second = (await store.create(from('10.0.0.5', 3))).record.id;
  await store.create(from('10.0.0.6'));
  const full = () => faultOf(store.create(from('10.0.0.5')));
  assert.deepEqual([(await full()).code, (await full()).retryAfter], ['LIMITED', 60]);
  await append(store, first, 0, 'abc');
  const third = (await store.create(from('10.0.0.5'))).record.id;
  await full();
  await store.terminate(second, callerAt('10.0.0.5'));
  await store.create(from('10.0.0.5'));
  await full();
  // A finished upload takes no place, and its removal frees none.
  await store.terminate(first, callerAt('10.0.0.5'));
  clock.pass(2_000);
  await full();
  await store.terminate(third, callerAt('10.0.0.5'));
  await store.create(from('10.0.0.5'));
});

test('a creation that fails gives its place back', async (t) => {
  const { store } = await openLimited(t, { maxOpenUploads: 1, maxTotalSize: 100 });
  for (let index = 0; index < 3; index++) {
    const body = { body: bodyOf('too long'), bodyLength: null };
    const fault = await faultOf(store.create(creation({ length: 3 }), body));
    assert.equal(fault.code, 'TOO_LARGE');
    const taken = await faultOf(store.create(creation({ length: 3, id: '../x' })));
    assert.equal(taken.code, 'BAD_REQUEST');
  }
  await make(store, 100);
});

test('an upload that comes whole with its creation leaves no place taken', async (t) => {
  const { store } = await openLimited(t, { maxOpenUploads: 1, maxTotalSize: 9 });
  for (let index = 0; index < 3; index++) {
    const body = { body: bodyOf('abc'), bodyLength: 3 };
    assert.equal((await store.create(creation({ length: 3 }), body)).finished, true);
  }
  assert.equal((await faultOf(make(store, 1))).code, 'NO_SPACE');
});

test('open uploads and room are known after a restart', async (t) => {
  const uploadDir = temporaryFolder(t);
  const limits = { maxOpenUploadsPerAddress: 2, maxTotalSize: 100 };
  const { store } = await openLimited(t, limits, { uploadDir });
  await store.create(from('10.0.0.5', 40));
  const finished = await store.create(from('10.0.0.5', 3), { body: bodyOf('abc'), bodyLength: 3 });
  assert.equal(finished.finished, true);
  await store.close();
  const next = (await openLimited(t, limits, { uploadDir })).store;
  assert.equal((await faultOf(next.create(from('10.0.0.5', 58)))).code, 'NO_SPACE');
  await next.create(from('10.0.0.5', 57));
  assert.equal((await faultOf(next.create(from('10.0.0.5', 0)))).code, 'LIMITED');
});

test('a named subject has its own limits, and the others hold as well', async (t) => {
  const { store } = await openLimited(t, { maxOpenUploads: 2 });
  const request = {};
  const limits = { ...UNLIMITED, openUploads: 1, maxSize: 50, totalBytes: 60 };
  countFor(request, [{ key: 'principal:ann', limits }]);
  const ann = { ...callerAt('10.0.0.5'), request };
  const codeOf = async (length: number | null) => {
    const outcome = await store.create(creation({ length, caller: ann })).catch((error) => error);
    return outcome instanceof Fault ? outcome.code : outcome.record.id;
  };
  assert.equal(await codeOf(51), 'TOO_LARGE');
  const id = await codeOf(50);
  assert.equal(await codeOf(1), 'LIMITED');
  await store.terminate(id, ann);
  // A length that is not known at first is limited as its bytes come.
  const later = await codeOf(null);
  const body = { body: bodyOf(Buffer.alloc(80)), bodyLength: null };
  const fault = await faultOf(store.append(later, { offset: 0, caller: ann, ...body }));
  assert.deepEqual([fault.code, fault.offset], ['TOO_LARGE', 50]);
  await make(store, 10);
  assert.equal((await faultOf(make(store, 10))).code, 'LIMITED');
});
