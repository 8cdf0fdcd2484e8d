import '../support/faulty-disk.ts';

import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { FileBytes } from '../../../src/storage/bytes/files/file-bytes.ts';
import { faultOf } from '../../support/fault-of.ts';
import { temporaryFolder } from '../../support/temporary.ts';
import { collect } from '../catalog/contract/subject.ts';
import { faultyDisk } from '../support/faulty-disk.ts';
import { draftRecord } from '../support/records.ts';
import { bytesContract } from './contract.ts';

function open(t: TestContext): FileBytes {
  const store = new FileBytes(temporaryFolder(t));
  mkdirSync(store.place);
  return store;
}

bytesContract('files', open);

bytesContract('files on a disk that takes few bytes at a time', (t) => {
  faultyDisk.during(t).takes = 100_000;
  return open(t);
});

test('a store whose folder is not there is not there as a whole', async (t) => {
  const store = open(t);
  t.after(() => store.close());
  const upload = draftRecord();
  (await store.create(upload)).close();
  rmSync(store.place, { recursive: true });
  for (const attempt of [
    () => store.create(upload),
    () => store.openForAppend(upload),
    () => store.openForReading(upload),
    () => store.size(upload),
    () => store.missing([upload, { ...upload, id: 'b' }]),
    () => store.remove(upload),
    () => collect(store.entries()),
    () => store.entry('a'),
    () => store.removeEntry('a'),
    () => store.room(),
  ]) {
    const fault = await faultOf(attempt());
    assert.equal(fault.code, 'UNAVAILABLE');
    assert.match(fault.publicMessage ?? '', /not there at the moment/);
  }
});

test('an id that could not be a file name never becomes a path', async (t) => {
  const store = open(t);
  t.after(() => store.close());
  writeFileSync(join(store.place, '..', 'catalog.db'), 'precious');
  for (const id of ['../catalog.db', '..', '', '.hidden', 'a/b', 'a\0b']) {
    const upload = draftRecord({ id });
    for (const attempt of [
      () => store.create(upload),
      () => store.openForReading(upload),
      () => store.size(upload),
      () => store.remove(upload),
    ]) {
      assert.equal((await faultOf(attempt())).code, 'NOT_FOUND', id);
    }
  }
  for (const name of ['../catalog.db', '..', '.']) {
    assert.equal((await faultOf(store.entry(name))).code, 'NOT_FOUND');
    assert.equal((await faultOf(store.removeEntry(name))).code, 'NOT_FOUND');
  }
});

test('files of any name are entries, folders are not', async (t) => {
  const store = open(t);
  t.after(() => store.close());
  mkdirSync(join(store.place, 'folder'));
  for (const name of ['.hidden', 'a b', '-x']) writeFileSync(join(store.place, name), 'x');
  const names = (await collect(store.entries())).flat();
  assert.deepEqual(names.toSorted(), ['-x', '.hidden', 'a b']);
  assert.equal(await store.entry('folder'), null);
  assert.equal((await store.entry('a b'))?.bytes, 1);
  assert.equal(await store.removeEntry('.hidden'), true);
});

test('a file becomes the bytes of an upload by a link, and never replaces any', async (t) => {
  const store = open(t);
  t.after(() => store.close());
  const file = join(temporaryFolder(t), 'file');
  writeFileSync(file, 'content');
  assert.equal(await store.link({ id: 'a' }, file), true);
  assert.equal(await store.size(draftRecord()), 7);
  assert.equal((await faultOf(store.link({ id: 'a' }, file))).code, 'CONFLICT');
  assert.equal((await faultOf(store.link({ id: '../b' }, file))).code, 'NOT_FOUND');
  assert.equal((await faultOf(store.link({ id: 'b' }, `${file}-missing`))).code, 'IO');
  await store.remove({ id: 'a' });
  assert.equal(readFileSync(file, 'utf8'), 'content');
});

test('files are opened at once while the disk is quick, and a slow one holds that up once', async (t) => {
  faultyDisk.during(t);
  const store = open(t);
  t.after(() => store.close());
  const make = async (id: string, content?: string) => {
    const writer = await store.create(draftRecord({ id }));
    if (content) {
      await new Promise<void>((resolve, reject) =>
        writer.write([Buffer.from(content)], 0, (error) => (error ? reject(error) : resolve())),
      );
    }
    writer.close();
  };
  await make('a', 'the first write shows that the disk is quick');
  assert.equal(faultyDisk.openedAtOnce, 0);
  await make('b');
  (await store.openForAppend(draftRecord({ id: 'a' }))).close();
  assert.equal(faultyDisk.openedAtOnce, 2);
  faultyDisk.slowness = 50;
  await make('c');
  await make('d');
  assert.equal(faultyDisk.openedAtOnce, 3);
});
