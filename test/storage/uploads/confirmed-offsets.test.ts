import '../support/faulty-disk.ts';

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Catalog } from '../../../src/storage/catalog/catalog.ts';
import { Durability } from '../../../src/storage/uploads/durability.ts';
import { recordProgress } from '../../../src/storage/uploads/upkeep/progress.ts';
import { until } from '../../support/until.ts';
import { onEveryBackend } from '../support/backends.ts';
import { diskError, faultyDisk } from '../support/faulty-disk.ts';
import {
  append,
  begin,
  crcOf,
  faultOf,
  insideOf,
  make,
  offsetOf,
  openStore,
} from '../support/stores.ts';

onEveryBackend(
  'with "always" HEAD reports only bytes that survive a power cut',
  async (t, openStore) => {
    const store = await openStore(t, { fsync: 'always' });
    const id = await make(store, 10);
    const { body, done } = await begin(store, id, '12345');
    assert.equal(await offsetOf(store, id), 0);
    await recordProgress(insideOf(store));
    assert.equal(await offsetOf(store, id), 5);
    assert.equal((await store.remember(id))?.crc32, crcOf(Buffer.from('12345')));
    body.end('67890');
    assert.equal((await done).finished, true);
  },
  'immediate',
);

/** Written bytes survive the death of the process. */
const FILES = { buffers: false };

test('with "always" bytes that could not be synced are not told, and count once they are', async (t) => {
  const disk = faultyDisk.during(t);
  const store = await openStore(t, { fsync: 'always' });
  const id = await make(store, 10);
  const { body, done } = await begin(store, id, '12345');
  disk.fail = (step) => (step === 'fdatasync' ? diskError('EIO') : undefined);
  await recordProgress(insideOf(store));
  assert.equal(await offsetOf(store, id), 0);
  body.end();
  assert.equal((await faultOf(done)).code, 'IO');
  assert.equal(await offsetOf(store, id), 0);
  disk.reset();
  assert.equal(await offsetOf(store, id), 5);
  assert.equal((await append(store, id, 5, '67890')).finished, true);
});

test('a failed sync of the catalog is repeated before an offset is reported', async () => {
  let works = false;
  let syncs = 0;
  const persist = async () => {
    syncs += 1;
    if (!works) throw diskError('EIO');
  };
  const durability = new Durability('always', { persist } as unknown as Catalog, FILES);
  await durability.confirmed('progress');
  assert.equal(syncs, 0, 'nothing has failed');
  await assert.rejects(durability.recorded('progress'));
  await assert.rejects(durability.confirmed('progress'));
  works = true;
  await durability.confirmed('progress');
  await durability.confirmed('progress');
  assert.equal(syncs, 3);
  works = false;
  const completed = new Durability('completed', { persist } as unknown as Catalog, FILES);
  await assert.rejects(completed.recorded('finish'));
  await completed.confirmed('progress');
  await assert.rejects(completed.confirmed('finish'), 'a finish is reported once it is durable');
});

onEveryBackend(
  'an offset that was measured while a request began does not include what it is writing',
  async (t, openStore) => {
    const store = await openStore(t);
    const id = await make(store, 10);
    const { bytes } = insideOf(store);
    const measure = bytes.size.bind(bytes);
    const more = { body: undefined as Awaited<ReturnType<typeof begin>> | undefined };
    bytes.size = async () => {
      bytes.size = measure;
      more.body = await begin(store, id, '');
      // The kernel has bytes of a write that has not returned.
      return 5;
    };
    assert.equal(await offsetOf(store, id), 0);
    more.body?.body.destroy();
    await until('it is over', () => insideOf(store).active.size === 0);
  },
);
