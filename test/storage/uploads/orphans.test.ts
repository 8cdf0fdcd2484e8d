import assert from 'node:assert/strict';
import { mkdirSync, unlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Orphan, UploadStore } from '../../../src/storage/store.ts';
import { CALLER, contentOf, make, openStore } from '../support/stores.ts';

const NOW = 2_000_000_000_000;
const OLD = NOW - 3_600_001;

function oldFile(store: UploadStore, name: string, content = 'x'): string {
  const path = join(store.place, name);
  writeFileSync(path, content);
  utimesSync(path, OLD / 1000, OLD / 1000);
  return path;
}

async function orphansOf(store: UploadStore): Promise<Orphan[]> {
  const found: Orphan[] = [];
  for await (const orphan of store.orphans(NOW - 3_600_000)) found.push(orphan);
  return found;
}

test('files without a record and records without a file are found, whatever they are called', async (t) => {
  let now = OLD;
  const store = await openStore(t, { now: () => now });
  const whole = await make(store, 3);
  const broken = await make(store, 3);
  unlinkSync(store.locate(broken));
  now = NOW;
  utimesSync(store.locate(whole), OLD / 1000, OLD / 1000);
  oldFile(store, 'no id, but a file', 'four');
  mkdirSync(join(store.place, 'a folder'));
  const found = await orphansOf(store);
  assert.deepEqual(
    found.map((one) =>
      one.kind === 'file' ? [one.name, one.bytes] : [one.record.id, one.folderEmpty],
    ),
    [
      ['no id, but a file', 4],
      [broken, false],
    ],
  );
});

test('nothing young is an orphan: a creation may be between its file and its record', async (t) => {
  const store = await openStore(t, { now: () => NOW });
  writeFileSync(join(store.place, 'young'), 'x');
  utimesSync(join(store.place, 'young'), NOW / 1000, NOW / 1000);
  const broken = await make(store, 3);
  unlinkSync(store.locate(broken));
  assert.deepEqual(await orphansOf(store), []);
  assert.equal(await store.removeOrphanFile('young', NOW - 3_600_000), null);
});

test('a file that came back after its upload was removed is an orphan', async (t) => {
  const store = await openStore(t, { now: () => NOW });
  const id = await make(store, 3);
  await store.terminate(id, CALLER);
  oldFile(store, id);
  assert.deepEqual((await orphansOf(store)).length, 1);
  assert.equal(await store.removeOrphanFile(id, NOW - 3_600_000), 1);
  assert.equal(await store.removeOrphanFile(id, NOW - 3_600_000), null);
});

test('a file that has a record by now is kept', async (t) => {
  const store = await openStore(t, { now: () => NOW });
  const id = await make(store, 3);
  oldFile(store, id, 'abc');
  assert.equal(await store.removeOrphanFile(id, NOW - 3_600_000), null);
  assert.equal(contentOf(store, id).toString(), 'abc');
});

test('an empty folder is not taken for files that were removed', async (t) => {
  const store = await openStore(t, { now: () => OLD });
  const id = await make(store, 3);
  unlinkSync(store.locate(id));
  const [orphan] = await orphansOf(store);
  assert.equal(orphan?.kind === 'record' && orphan.folderEmpty, true);
});
