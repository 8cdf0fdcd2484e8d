import assert from 'node:assert/strict';
import { existsSync, mkdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { DAY, HOUR, serveUploads, type Uploads } from '../support/uploads.ts';
import { runSweep } from './run-sweep.ts';

const KEEP = { unfinishedFor: null, finishedFor: null };

function put({ store, clock }: Uploads, name: string, age: number): string {
  const path = join(store.place, name);
  writeFileSync(path, 'lost');
  const at = (clock.now - age) / 1000;
  utimesSync(path, at, at);
  return path;
}

test('a file without a record is reported, and removed only when asked for', async (context) => {
  const uploads = await serveUploads(context);
  const path = put(uploads, 'lost-file', 2 * HOUR);
  const report = await runSweep(uploads, { policy: KEEP, orphans: 'report' });
  assert.deepEqual(report.told, ['kept lost-file no-record']);
  assert.equal(report.summary.orphans, 1);
  assert.equal(existsSync(path), true);
  const dry = await runSweep(uploads, { policy: KEEP, orphans: 'remove', dryRun: true });
  assert.deepEqual(dry.told, ['would-remove lost-file no-record']);
  assert.equal(existsSync(path), true);
  const { told, summary } = await runSweep(uploads, { policy: KEEP, orphans: 'remove' });
  assert.deepEqual(told, ['removed lost-file no-record']);
  assert.equal(summary.bytes, 4);
  assert.equal(existsSync(path), false);
});

test('nothing younger than an hour is taken for an orphan', async (context) => {
  const uploads = await serveUploads(context);
  put(uploads, 'young', HOUR - 1000);
  await uploads.make({ id: 'fileless' });
  put(uploads, 'other', HOUR - 1000);
  rmSync(uploads.store.locate('fileless'));
  assert.deepEqual((await runSweep(uploads, { policy: KEEP, orphans: 'remove' })).told, []);
});

test('hidden files and names that no upload has are found, folders are left alone', async (context) => {
  const uploads = await serveUploads(context);
  put(uploads, '.hidden', DAY);
  put(uploads, 'ünï \u202ecode', DAY);
  mkdirSync(join(uploads.store.place, 'folder'));
  const { told } = await runSweep(uploads, { policy: KEEP, orphans: 'remove' });
  assert.deepEqual(told.sort(), ['removed .hidden no-record', 'removed ünï \u202ecode no-record']);
  assert.equal(existsSync(join(uploads.store.place, 'folder')), true);
});

test('the file of an upload that was removed is a file without a record', async (context) => {
  const uploads = await serveUploads(context);
  const { record } = await uploads.store.find((await uploads.make({ id: 'back' })).id);
  await uploads.store.terminate('back', { origin: record.origin, request: null });
  put(uploads, 'back', 2 * HOUR);
  const { told } = await runSweep(uploads, { policy: KEEP, orphans: 'report' });
  assert.deepEqual(told, ['kept back no-record']);
});

test('a record without a file is marked as removed', async (context) => {
  const uploads = await serveUploads(context);
  const { store, clock } = uploads;
  await uploads.make({ id: 'fileless', length: 3, received: 3 });
  await uploads.make({ id: 'sound', length: 3, received: 3 });
  rmSync(store.locate('fileless'));
  clock.now += HOUR;
  const dry = await runSweep(uploads, { policy: KEEP, orphans: 'report', dryRun: true });
  assert.deepEqual(dry.told, ['would-remove fileless file-missing']);
  const { told } = await runSweep(uploads, { policy: KEEP, orphans: 'report' });
  assert.deepEqual(told, ['removed fileless file-missing']);
  assert.equal((await store.remember('fileless'))?.removedWhy, 'file-missing');
  assert.equal((await store.remember('sound'))?.state, 'finished');
});

test('when every file is gone the records stay: the disk may not be mounted', async (context) => {
  const uploads = await serveUploads(context);
  const { store, clock } = uploads;
  for (const id of ['one', 'two']) {
    await uploads.make({ id, length: 3, received: 3 });
    rmSync(store.locate(id));
  }
  clock.now += HOUR;
  const { told } = await runSweep(uploads, { policy: KEEP, orphans: 'report' });
  assert.deepEqual(told, ['kept one folder-empty'], 'told once for all');
  assert.equal((await store.remember('one'))?.state, 'finished');
  const asked = await runSweep(uploads, { policy: KEEP, orphans: 'remove' });
  assert.deepEqual(asked.told, ['removed one file-missing', 'removed two file-missing']);
});

test('the schedule looks for orphans once a day', async (context) => {
  const uploads = await serveUploads(context);
  const { clock } = uploads;
  put(uploads, 'lost', 2 * HOUR);
  const look = async () =>
    (await runSweep(uploads, { policy: KEEP, orphans: 'daily' })).told.length;
  assert.equal(await look(), 1);
  clock.now += DAY - 1;
  assert.equal(await look(), 0);
  clock.now += 1;
  assert.equal(await look(), 1);
  // A clock that was set back must not put it off.
  clock.now -= 10 * DAY;
  put(uploads, 'lost', 2 * HOUR);
  assert.equal(await look(), 1);
});
