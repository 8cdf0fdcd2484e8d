import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { MIGRATIONS } from '../../src/storage/catalog/sqlite/file/migrations.ts';
import { openCommandStore, openStore as openDaemonStore } from '../../src/storage/store.ts';
import { temporaryFolder } from '../support/temporary.ts';
import { until } from '../support/until.ts';
import { startChild } from './support/child.ts';
import {
  append,
  CALLER,
  creation,
  faultOf,
  make,
  offsetOf,
  openCommandStoreOf,
  openStore,
  withCatalog,
} from './support/stores.ts';

const open = (uploadDir: string, role: 'daemon' | 'command' = 'daemon') =>
  role === 'daemon' ? openDaemonStore({ uploadDir }) : openCommandStore({ uploadDir });

test('a daemon makes what is missing, for its own user and group alone', async (t) => {
  const uploadDir = join(temporaryFolder(t), 'a', 'b');
  const store = await openStore(t, { uploadDir });
  const id = await make(store, 3);
  for (const path of [uploadDir, store.place, store.locate(id)]) {
    assert.equal(statSync(path).mode & 0o007, 0, path);
  }
});

test('a second daemon on a directory is refused, and the first goes on', async (t) => {
  const store = await openStore(t);
  const uploadDir = dirname(store.place);
  const fault = await faultOf(open(uploadDir));
  assert.deepEqual([fault.code, fault.exitCode], ['DIRECTORY_IN_USE', 69]);
  const id = await make(store, 3);
  await store.close();
  const next = await openStore(t, { uploadDir });
  assert.equal(await offsetOf(next, id), 0);
});

test('a daemon of another process is refused, too, until that one is gone', async (t) => {
  const uploadDir = temporaryFolder(t);
  const child = startChild(t, 'serve-store.ts', uploadDir);
  const id = await child.line();
  assert.equal((await faultOf(open(uploadDir))).code, 'DIRECTORY_IN_USE');
  const command = await openCommandStoreOf(t, { uploadDir });
  assert.equal(await offsetOf(command, id), 0);
  await child.kill();
  const store = await openStore(t, { uploadDir });
  assert.equal(await offsetOf(store, id), 0);
});

test('a command beside a daemon reads and removes, and keeps no lock', async (t) => {
  const store = await openStore(t);
  const command = await openCommandStoreOf(t, { uploadDir: dirname(store.place) });
  const id = await make(store, 3);
  assert.equal(await offsetOf(command, id), 0);
  await command.terminate(id, CALLER);
  assert.equal((await faultOf(store.find(id))).code, 'GONE');
  await command.close();
  await make(store, 3);
});

test('a command makes nothing where there is nothing', async (t) => {
  const uploadDir = temporaryFolder(t);
  assert.equal((await faultOf(open(uploadDir, 'command'))).code, 'IO');
  assert.deepEqual(readdirSync(uploadDir), []);
});

test('a daemon that cannot start leaves the directory free for the next', async (t) => {
  const uploadDir = temporaryFolder(t);
  const store = await openStore(t, { uploadDir });
  await store.close();
  const setVersion = (version: number) =>
    withCatalog(uploadDir, (database) => database.pragma(`user_version = ${version}`));
  setVersion(MIGRATIONS.length + 1);
  for (const role of ['daemon', 'command'] as const) {
    assert.equal((await faultOf(open(uploadDir, role))).code, 'CATALOG_TOO_NEW');
  }
  setVersion(MIGRATIONS.length);
  await openStore(t, { uploadDir });
});

test('a damaged catalog stops the start with a sentence, and costs no file', async (t) => {
  const uploadDir = temporaryFolder(t);
  const store = await openStore(t, { uploadDir });
  const id = await make(store, 3);
  await store.close();
  writeFileSync(join(uploadDir, 'catalog.db'), Buffer.alloc(20_000, 0xa5));
  const fault = await faultOf(open(uploadDir));
  assert.deepEqual([fault.code, fault.exitCode], ['CATALOG_CORRUPT', 74]);
  assert.ok(existsSync(store.locate(id)));
});

test('a catalog that is damaged inside stops the start with a sentence, too', async (t) => {
  const uploadDir = temporaryFolder(t);
  const store = await openStore(t, { uploadDir });
  await make(store, 3);
  await store.close();
  withCatalog(uploadDir, (database) => {
    database.unsafeMode();
    database.pragma('writable_schema = ON');
    database.exec("UPDATE sqlite_schema SET rootpage = 999 WHERE name = 'leases'");
  });
  assert.equal((await faultOf(open(uploadDir))).code, 'CATALOG_CORRUPT');
});

test('a file where the directory should be is an error with a sentence', async (t) => {
  const file = join(temporaryFolder(t), 'file');
  writeFileSync(file, '');
  for (const uploadDir of [file, join(file, 'below')]) {
    assert.equal((await faultOf(open(uploadDir))).code, 'IO');
  }
  const uploadDir = temporaryFolder(t);
  mkdirSync(join(uploadDir, 'catalog.db'));
  assert.equal((await faultOf(open(uploadDir))).code, 'PERMISSION');
});

test('clients get an error, not a bug, when the directory vanished under a daemon', async (t) => {
  const store = await openStore(t);
  const id = await make(store, 3);
  rmSync(dirname(store.place), { recursive: true });
  for (const attempt of [
    () => store.create(creation({ length: 3 })),
    () => append(store, id, 0, 'abc'),
    () => store.find(id),
  ]) {
    const fault = await faultOf(attempt());
    assert.deepEqual([fault.code, fault.status], ['UNAVAILABLE', 503]);
  }
});

test('an open store does not keep its process alive', async (t) => {
  const child = startChild(t, 'serve-store.ts', temporaryFolder(t), 'leave');
  await child.line();
  assert.equal(await child.ended(), 0);
});

test('a question about an id that is none is answered as not found', async (t) => {
  const store = await openStore(t);
  for (const id of ['../catalog.db', 'a\0b', '', 'x'.repeat(5000)]) {
    for (const attempt of [
      () => store.find(id),
      () => append(store, id, 0, 'x'),
      () => store.terminate(id, CALLER),
    ]) {
      assert.equal((await faultOf(attempt())).code, 'NOT_FOUND');
    }
    assert.equal(await store.remember(id), undefined);
  }
});

test('the log is moved into the catalog while a daemon serves, and finishes go on', async (t) => {
  const store = await openStore(t, { fsync: 'completed' });
  const catalog = join(dirname(store.place), 'catalog.db');
  // Enough that the log is worth a look.
  for (let count = 0; count < 300; count++) await make(store, 3);
  const before = statSync(catalog).size;
  await until('it was moved', () => statSync(catalog).size > before);
  const id = await make(store, 3);
  assert.equal((await append(store, id, 0, 'abc')).finished, true);
  assert.equal(await store.checkIntegrity(), 'ok');
});
