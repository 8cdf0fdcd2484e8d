import type { FsyncMode } from '../../../src/storage/store.ts';
import '../support/faulty-disk.ts';

import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { type TestContext, test } from 'node:test';
import { FileBytes } from '../../../src/storage/bytes/files/file-bytes.ts';
import type { Catalog } from '../../../src/storage/catalog/catalog.ts';
import { openSqliteCatalog } from '../../../src/storage/catalog/sqlite/sqlite-catalog.ts';
import { Durability } from '../../../src/storage/uploads/durability.ts';
import { temporaryFolder } from '../../support/temporary.ts';
import { diskError, faultyDisk } from '../support/faulty-disk.ts';
import { make, openStore } from '../support/stores.ts';

const EMPTY = { length: 0, crc32: 0 };

/** The syncs that a mode asks for, one step after the other. */
async function durability(t: TestContext, mode: FsyncMode) {
  const folder = temporaryFolder(t);
  const bytes = new FileBytes(folder);
  mkdirSync(bytes.place);
  const catalog = openSqliteCatalog(folder, { role: 'daemon', warn: () => {} });
  const writer = await bytes.create({ id: 'a' });
  const subject = new Durability(mode, catalog, bytes);
  t.after(async () => {
    writer.close();
    bytes.close();
    await catalog.close();
  });
  const steps = async (work: () => Promise<void>) => {
    faultyDisk.during(t);
    await work();
    return faultyDisk.steps.toSorted();
  };
  return {
    bytes,
    steps,
    received: () => steps(() => subject.received(writer, EMPTY)),
    finished: () => steps(() => subject.finished(writer, EMPTY)),
    recorded: (what: 'finish' | 'progress') => steps(() => subject.recorded(what)),
  };
}

test('"never" syncs nothing', async (t) => {
  const { bytes, steps, received, finished, recorded } = await durability(t, 'never');
  assert.deepEqual(await steps(() => bytes.prepare('process')), []);
  assert.deepEqual(await received(), []);
  assert.deepEqual(await finished(), []);
  assert.deepEqual(await recorded('progress'), []);
  assert.deepEqual(await recorded('finish'), []);
});

test('"completed" syncs the data, its name and the log when an upload finishes, and nothing before', async (t) => {
  const { received, finished, recorded } = await durability(t, 'completed');
  assert.deepEqual(await received(), []);
  assert.deepEqual(await recorded('progress'), []);
  assert.deepEqual(await finished(), ['fdatasync', 'fsync']);
  assert.deepEqual(await recorded('finish'), ['fdatasync']);
});

test('"always" syncs before every answer', async (t) => {
  const { received, recorded } = await durability(t, 'always');
  assert.deepEqual(await received(), ['fdatasync', 'fsync']);
  assert.deepEqual(await recorded('progress'), ['fdatasync']);
});

test('the names in the directories above are synced when a directory is served', async (t) => {
  const { bytes, steps } = await durability(t, 'completed');
  assert.deepEqual(await steps(() => bytes.prepare('power')), ['fsync', 'fsync']);
});

test('a directory above that is not ours does not stop a start', async (t) => {
  const { bytes, steps } = await durability(t, 'completed');
  await steps(async () => {
    faultyDisk.fail = (_step, index) => (index === 1 ? diskError('EACCES') : undefined);
    await bytes.prepare('power');
  });
  const own = steps(async () => {
    faultyDisk.fail = () => diskError('EIO');
    await bytes.prepare('power');
  });
  await assert.rejects(own, /EIO/);
});

test('what is recorded while an earlier sync runs is synced before a client learns of it', async () => {
  const ends: (() => void)[] = [];
  const persist = () => new Promise<void>((resolve) => ends.push(resolve));
  const subject = new Durability('completed', { persist } as Catalog, { buffers: false });
  const first = subject.recorded('finish');
  const second = subject.recorded('finish');
  ends[0]!();
  await first;
  const afterFirst = subject.confirmed('finish');
  assert.equal(ends.length, 3, 'the first sync says nothing of the second');
  for (const end of ends) end();
  await Promise.all([second, afterFirst]);
  let record = () => {};
  const unit = subject.recording('finish', new Promise<void>((resolve) => (record = resolve)));
  const during = subject.confirmed('finish');
  assert.equal(ends.length, 4, 'a unit that runs may be seen before its caller gets the answer');
  ends[3]!();
  record();
  await Promise.all([unit, during]);
  const after = subject.confirmed('finish');
  assert.equal(ends.length, 5, 'it may have been recorded after that sync had begun');
  ends[4]!();
  await after;
  await subject.confirmed('finish');
  assert.equal(ends.length, 5, 'all is synced');
});

test('progress that need not last causes no sync when a client looks', async () => {
  let syncs = 0;
  const persist = async () => {
    syncs += 1;
  };
  const subject = new Durability('completed', { persist } as Catalog, { buffers: false });
  await subject.recording('progress', Promise.resolve());
  await subject.confirmed('finish');
  assert.equal(syncs, 0);
});

test('a start makes durable what the daemon before it may have recorded without a sync', async (t) => {
  const disk = faultyDisk.during(t);
  for (const [fsync, syncs] of [
    ['completed', true],
    ['always', true],
    ['never', false],
  ] as const) {
    const uploadDir = temporaryFolder(t);
    const before = await openStore(t, { uploadDir, fsync });
    await make(before, 3);
    await before.close();
    disk.reset();
    await openStore(t, { uploadDir, fsync });
    assert.equal(disk.steps.includes('fdatasync'), syncs, fsync);
  }
});
