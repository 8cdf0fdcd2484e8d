import assert from 'node:assert/strict';
import { test } from 'node:test';
import { expiresAt } from '../../src/retention/policy.ts';
import { Locks } from '../../src/tus-server/locks.ts';
import { TusDataStore } from '../../src/tus-server/tus-data-store.ts';
import type { TusError } from '../../src/tus-server/tus-error.ts';
import { DAY, HOUR, serveUploads } from '../support/uploads.ts';

const POLICY = { unfinishedFor: DAY, finishedFor: null };

async function serve(test: Parameters<typeof serveUploads>[0]) {
  const uploads = await serveUploads(test, {
    expiresAt: (record) => expiresAt(record, POLICY),
  });
  const { store, clock } = uploads;
  const now = () => clock.now;
  const datastore = new TusDataStore(store, new Locks(), { extensions: [], policy: POLICY, now });
  return { ...uploads, datastore };
}

test('the cleanup of @tus/server removes what is unfinished and idle, and nothing else', async (t) => {
  const { datastore, store, clock, make, append, begin } = await serve(t);
  await make({ id: 'finished', received: 10 });
  await make({ id: 'idle', received: 5 });
  await make({ id: 'active' });
  const running = await make({ id: 'running' });
  clock.now += 23 * HOUR;
  await append('active', 1);
  const transfer = await begin(running.id, 3);
  clock.now += 23 * HOUR;
  // Calls that overlap are one cleanup.
  const [once, again] = await Promise.all([datastore.deleteExpired(), datastore.deleteExpired()]);
  assert.deepEqual([once, again], [1, 1]);
  const states = Object.fromEntries(
    await Promise.all(
      ['finished', 'idle', 'active', 'running'].map(async (id) => [
        id,
        (await store.remember(id))?.state,
      ]),
    ),
  );
  assert.deepEqual(states, {
    finished: 'finished',
    idle: 'removed',
    active: 'receiving',
    running: 'receiving',
  });
  clock.now += 2 * HOUR;
  assert.equal(await datastore.deleteExpired(), 1);
  assert.equal((await store.remember('running'))?.state, 'receiving');
  await transfer.end();
});

test('@tus/server takes an upload to expire when it does: after its last byte, finished never', async (t) => {
  const { datastore, clock, make, append } = await serve(t);
  await make({ id: 'unfinished' });
  await make({ id: 'finished', received: 10 });
  clock.now += 20 * HOUR;
  await append('unfinished', 1);
  assert.equal(datastore.getExpiration(), DAY);
  const unfinished = await datastore.getUpload('unfinished');
  assert.equal(Date.parse(unfinished.creation_date ?? '') + DAY, clock.now + DAY);
  assert.equal((await datastore.getUpload('finished')).creation_date, undefined);
  clock.now += 30 * HOUR;
  await assert.rejects(datastore.getUpload('unfinished'), (error: TusError) => {
    assert.deepEqual([error.status_code, error.body], [410, 'this upload has expired\n']);
    return true;
  });
  assert.equal((await datastore.getUpload('finished')).offset, 10);
});
