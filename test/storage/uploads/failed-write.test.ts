import '../support/faulty-disk.ts';

import assert from 'node:assert/strict';
import { appendFileSync } from 'node:fs';
import { test } from 'node:test';
import { diskError, faultyDisk } from '../support/faulty-disk.ts';
import { append, contentOf, faultOf, make, offsetOf, openStore, whole } from '../support/stores.ts';

test('bytes that a failed write has left do not count in a request with a checksum', async (t) => {
  const disk = faultyDisk.during(t);
  const store = await openStore(t);
  const id = await make(store, 10);
  await append(store, id, 0, 'abc');
  disk.fail = (step) => {
    if (step !== 'write') return undefined;
    appendFileSync(store.locate(id), 'XY');
    return diskError('EIO');
  };
  const failed = append(store, id, 3, 'defgh', { whole: whole(true) });
  assert.equal((await faultOf(failed)).code, 'IO');
  disk.reset();
  assert.equal(await offsetOf(store, id), 3);
  await append(store, id, 3, 'defghij');
  assert.equal(contentOf(store, id).toString(), 'abcdefghij');
});

test('that bytes do not count is synced by the next request when the one that took them back could not', async (t) => {
  const disk = faultyDisk.during(t);
  const store = await openStore(t, { fsync: 'completed' });
  const id = await make(store, 9);
  await append(store, id, 0, 'abc');
  disk.fail = (step) => (step === 'fdatasync' ? diskError('EIO') : undefined);
  const failed = append(store, id, 3, 'xyz', { whole: whole(false) });
  assert.equal((await faultOf(failed)).code, 'IO');
  disk.reset();
  await append(store, id, 3, 'def', { whole: whole(true) });
  assert.ok(disk.steps.includes('fdatasync'), 'a power cut cannot bring them back');
  assert.equal(contentOf(store, id).toString(), 'abcdef');
});
