import '../../support/faulty-disk.ts';

import assert from 'node:assert/strict';
import { rmSync, statSync, truncateSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { Reserve } from '../../../../src/storage/catalog/sqlite/file/reserve.ts';
import type { UploadStore } from '../../../../src/storage/store.ts';
import { temporaryFolder } from '../../../support/temporary.ts';
import { faultyDisk, noSpace } from '../../support/faulty-disk.ts';
import {
  append,
  CALLER,
  faultOf,
  make,
  openCommandStoreOf,
  openStore,
} from '../../support/stores.ts';

const reserveOf = (store: UploadStore) => join(dirname(store.place), 'reserve');
const sizeOf = (file: string) => statSync(file).size;

/** The catalog has no room until the reserve is given up. */
function fullUntilGivenUp(file: string): void {
  faultyDisk.fail = (step) => (/^[A-Z]/.test(step) && sizeOf(file) > 0 ? noSpace(step) : undefined);
}

test('on a disk that is full to the last byte uploads can be removed, and nothing else', async (t) => {
  const disk = faultyDisk.during(t);
  const store = await openStore(t);
  const file = reserveOf(store);
  assert.ok(sizeOf(file) > 0);
  const id = await make(store, 10);
  fullUntilGivenUp(file);
  assert.equal((await faultOf(append(store, id, 0, 'x'))).code, 'NO_SPACE');
  assert.equal((await faultOf(make(store, 10))).code, 'NO_SPACE');
  assert.ok(sizeOf(file) > 0);
  await store.terminate(id, CALLER);
  assert.equal(sizeOf(file), 0);
  disk.reset();
  await store.close();
  assert.ok(sizeOf(file) > 0);
});

test('a command frees a full disk, too, and a daemon starts on one', async (t) => {
  const disk = faultyDisk.during(t);
  const store = await openStore(t);
  const file = reserveOf(store);
  const uploadDir = dirname(store.place);
  const id = await make(store, 10);
  await store.close();
  const command = await openCommandStoreOf(t, { uploadDir });
  fullUntilGivenUp(file);
  assert.equal((await command.removeCondemned(id, 'expired', CALLER, () => true))?.bytes, 0);
  disk.reset();
  await command.close();
  fullUntilGivenUp(file);
  await openStore(t, { uploadDir });
});

test('without a reserve a full disk is an error that says so', async (t) => {
  const disk = faultyDisk.during(t);
  const store = await openStore(t);
  const id = await make(store, 10);
  truncateSync(reserveOf(store));
  disk.fail = (step) => (/^[A-Z]/.test(step) ? noSpace(step) : undefined);
  assert.equal((await faultOf(store.terminate(id, CALLER))).code, 'NO_SPACE');
  disk.reset();
  await store.terminate(id, CALLER);
});

test('what fails for another reason does not cost the reserve', (t) => {
  const folder = temporaryFolder(t);
  const reserve = new Reserve(folder);
  reserve.fill();
  assert.throws(() => {
    reserve.useFor(() => {
      throw new Error('a bug');
    });
  }, /a bug/);
  assert.ok(sizeOf(join(folder, 'reserve')) > 0);
});

test('a folder that is gone has no reserve, and that is all', (t) => {
  const folder = join(temporaryFolder(t), 'gone');
  const reserve = new Reserve(folder);
  reserve.fill();
  rmSync(folder, { recursive: true, force: true });
  assert.equal(
    reserve.useFor(() => 'done'),
    'done',
  );
});
