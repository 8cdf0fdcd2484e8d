import assert from 'node:assert/strict';
import { dirname } from 'node:path';
import { test } from 'node:test';
import type { StorageEvent } from '../../../src/storage/model/events.ts';
import { recordProgress } from '../../../src/storage/uploads/upkeep/progress.ts';
import { until } from '../../support/until.ts';
import {
  begin,
  CALLER,
  crcOf,
  faultOf,
  insideOf,
  make,
  openCommandStoreOf,
  openStore,
  whole,
} from '../support/stores.ts';

test('the progress of running requests is recorded and told, once for what is new', async (t) => {
  let now = 1_000_000;
  const store = await openStore(t, { now: () => now });
  const events: StorageEvent[] = [];
  store.onChange((event) => event.type === 'received' && events.push(event));
  const id = await make(store, 10);
  now += 5_000;
  const { body, done } = await begin(store, id, '12345');
  recordProgress(insideOf(store));
  recordProgress(insideOf(store));
  const command = await openCommandStoreOf(t, { uploadDir: dirname(store.place) });
  const seen = (await command.find(id)).record;
  assert.deepEqual(
    [seen.offset, seen.crc32, seen.activeAt],
    [5, crcOf(Buffer.from('12345')), 1_005_000],
  );
  assert.deepEqual(
    events.map(({ record }) => record.offset),
    [5],
  );
  body.write('67');
  await until('the next progress is reported', () => {
    recordProgress(insideOf(store));
    return events.length === 2;
  });
  body.end('890');
  await done;
  assert.equal((await store.find(id)).record.crc32, crcOf(Buffer.from('1234567890')));
});

test('reporting the progress of running requests takes no query for each', async (t) => {
  const store = await openStore(t);
  const told: StorageEvent[] = [];
  store.onChange((event) => event.type === 'received' && told.push(event));
  const ids = await Promise.all(['12345', '1234'].map((bytes) => beginWith(store, bytes)));
  const { catalog } = insideOf(store);
  const get = t.mock.method(catalog, 'get');
  await recordProgress(insideOf(store));
  assert.equal(get.mock.callCount(), 0);
  for (const id of ids) {
    const event = told.find(({ record }) => record.id === id);
    assert.deepEqual(event?.record, await catalog.get(id));
  }
});

async function beginWith(store: Awaited<ReturnType<typeof openStore>>, bytes: string) {
  const id = await make(store, 10);
  await begin(store, id, bytes);
  return id;
}

test('no progress is reported for an upload that a command has removed', async (t) => {
  const store = await openStore(t);
  const types: string[] = [];
  store.onChange(({ type }) => types.push(type));
  const id = await make(store, 10);
  const { done } = await begin(store, id, '12345');
  const command = await openCommandStoreOf(t, { uploadDir: dirname(store.place) });
  await command.terminate(id, CALLER, { why: 'operator', takeOver: true });
  await recordProgress(insideOf(store));
  assert.equal((await faultOf(done)).code, 'GONE');
  assert.deepEqual(types, ['created']);
});

test('bytes that wait to be verified are recorded as activity alone', async (t) => {
  let now = 1_000_000;
  const store = await openStore(t, { now: () => now });
  const id = await make(store, 10);
  now += 5_000;
  const { body, done } = await begin(store, id, '12345', { whole: whole(true) });
  recordProgress(insideOf(store));
  const { offset, activeAt, uncommittedFrom } = (await store.remember(id))!;
  assert.deepEqual([offset, activeAt, uncommittedFrom], [0, 1_005_000, 0]);
  body.destroy();
  await done;
});

test('a silent request ends once a command has removed its upload', async (t) => {
  const store = await openStore(t);
  const id = await make(store, 10);
  const { done } = await begin(store, id, '12345');
  await recordProgress(insideOf(store));
  const command = await openCommandStoreOf(t, { uploadDir: dirname(store.place) });
  await command.terminate(id, CALLER, { why: 'operator', takeOver: true });
  await recordProgress(insideOf(store));
  assert.equal((await faultOf(done)).code, 'GONE');
});

test('what is found out about a request that has ended does not end the next one', async (t) => {
  const store = await openStore(t);
  const id = await make(store, 10);
  const context = insideOf(store);
  const first = await begin(store, id, '12345');
  await recordProgress(context);
  const { voided } = context.catalog;
  let answer = () => {};
  const answered = new Promise<void>((resolve) => {
    answer = resolve;
  });
  let asked = false;
  context.catalog.voided = async (leases) => {
    asked = true;
    await answered;
    return voided.call(context.catalog, leases);
  };
  const progress = recordProgress(context);
  await until('it is asked about the silent request', () => asked);
  first.body.end();
  assert.equal((await first.done).offset, 5);
  const second = await begin(store, id, '6789');
  answer();
  await progress;
  second.body.end('0');
  const { finished, interrupted } = await second.done;
  assert.deepEqual([finished, interrupted], [true, null]);
});
