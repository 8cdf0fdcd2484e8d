import assert from 'node:assert/strict';
import { appendFileSync, renameSync, truncateSync, unlinkSync } from 'node:fs';
import { type TestContext, test } from 'node:test';
import { Fault } from '../../src/fault.ts';
import type { StoreOptions } from '../../src/storage/store.ts';
import { runCli } from '../support/cli-host.ts';
import { until } from '../support/until.ts';
import { CALLER, DAY, serveUploads, type Uploads } from '../support/uploads.ts';
import { runSweep } from './run-sweep.ts';

/** A daemon whose uploads get all their bytes and are not finished. */
function serveWithHook(t: TestContext, fault: Fault, options: Partial<StoreOptions> = {}) {
  const beforeFinish = () => Promise.reject(fault);
  return serveUploads(t, { ...options, guards: { beforeFinish } });
}

const DOWN = new Fault('HOOK_FAILED', 'the receiver is down');

/** All bytes came, and the finish failed. */
async function makeComplete(uploads: Uploads, id: string): Promise<void> {
  await uploads.make({ id, length: 4 });
  await assert.rejects(uploads.append(id, 4));
}

/** Makes a final upload; returns its id. */
async function concatenate({ store }: Uploads, parts: readonly string[]): Promise<string> {
  const draft = { kind: 'final', length: null, metadata: null, protocolData: null } as const;
  const { record } = await store.concatenate({ ...draft, parts, caller: CALLER });
  return record.id;
}

test('a complete upload that could not be finished is never removed, in whatever run', async (t) => {
  const uploads = await serveWithHook(t, DOWN);
  await makeComplete(uploads, 'whole');
  await uploads.make({ id: 'half', length: 4, received: 3 });
  uploads.clock.now += 3 * DAY;
  for (const options of [{}, { olderThan: DAY, includeFinished: true }]) {
    const dry = await runSweep(uploads, { ...options, dryRun: true });
    assert.deepEqual(dry.told.sort(), [
      'would-keep whole complete',
      'would-remove half unfinished',
    ]);
  }
  assert.deepEqual((await runSweep(uploads)).told.sort(), [
    'kept whole complete',
    'removed half unfinished',
  ]);
  assert.equal((await uploads.store.remember('whole'))?.state, 'receiving');
});

test('nor is one whose own time is up, nor one whose last bytes were not recorded', async (t) => {
  const choices = (_: unknown, now: number) => ({ expiresAt: now + 1000, downloadsLeft: null });
  const uploads = await serveWithHook(t, DOWN, { choices });
  await makeComplete(uploads, 'own-end');
  await uploads.make({ id: 'crashed', length: 4 });
  appendFileSync(uploads.store.locate('crashed'), 'abcd');
  uploads.clock.now += 3 * DAY;
  assert.deepEqual((await runSweep(uploads)).told.sort(), [
    'kept crashed complete',
    'kept own-end complete',
  ]);
});

test('what a hook has refused, and what has lost bytes, goes as any unfinished upload', async (t) => {
  const uploads = await serveWithHook(t, new Fault('REFUSED', 'no'));
  await makeComplete(uploads, 'refused');
  await uploads.make({ id: 'lost', length: 4 });
  appendFileSync(uploads.store.locate('lost'), 'abcd');
  truncateSync(uploads.store.locate('lost'), 3);
  uploads.clock.now += 3 * DAY;
  assert.deepEqual((await runSweep(uploads)).told.sort(), [
    'removed lost unfinished',
    'removed refused unfinished',
  ]);
});

test('a final upload whose parts are all here is kept, and they are', async (t) => {
  const uploads = await serveWithHook(t, DOWN);
  const { store, clock } = uploads;
  await uploads.make({ id: 'part-1', kind: 'partial', length: 3, received: 3 });
  await uploads.make({ id: 'part-2', kind: 'partial', length: 3 });
  const id = await concatenate(uploads, ['part-1', 'part-2']);
  clock.now += DAY;
  const before = await runSweep(uploads, { dryRun: true });
  assert.deepEqual(before.summary.removed, 3, 'a part is not complete');
  await uploads.append('part-2', 3);
  await until('joining was tried', async () => (await store.remember(id))?.state === 'joining');
  await until('its writer is gone', async () => !(await store.isBeingWritten(id)));
  clock.now += 3 * DAY;
  const dry = await runSweep(uploads, { dryRun: true });
  const told = [`${id} complete`, 'part-1 needed', 'part-2 needed'].sort();
  assert.deepEqual(dry.told.sort(), told.map((one) => `would-keep ${one}`).sort());
  const { told: done } = await runSweep(uploads);
  assert.deepEqual(done.sort(), told.map((one) => `kept ${one}`).sort());
});

test('a final upload goes with its parts when the bytes of one are gone', async (t) => {
  const uploads = await serveWithHook(t, DOWN);
  const { store, clock } = uploads;
  await uploads.make({ id: 'part-1', kind: 'partial', length: 3, received: 3 });
  await uploads.make({ id: 'part-2', kind: 'partial', length: 3 });
  const final = await concatenate(uploads, ['part-1', 'part-2']);
  unlinkSync(store.locate('part-1'));
  await uploads.append('part-2', 3);
  await until('its writer is gone', async () => !(await store.isBeingWritten(final)));
  clock.now += 3 * DAY;
  await runSweep(uploads);
  await runSweep(uploads);
  for (const id of [final, 'part-1', 'part-2']) {
    assert.equal((await store.remember(id))?.state, 'removed', id);
  }
});

test('while the disk is away nothing that may be complete is removed', async (t) => {
  const uploads = await serveWithHook(t, DOWN);
  const { store, clock } = uploads;
  await makeComplete(uploads, 'whole');
  await uploads.make({ id: 'part', kind: 'partial', length: 3, received: 3 });
  await uploads.make({ id: 'last', kind: 'partial', length: 3 });
  const final = await concatenate(uploads, ['part', 'last']);
  await uploads.append('last', 3);
  await until('its writer is gone', async () => !(await store.isBeingWritten(final)));
  clock.now += 3 * DAY;
  renameSync(store.place, `${store.place}-away`);
  const { summary } = await runSweep(uploads);
  assert.equal(summary.removed, 0);
  renameSync(`${store.place}-away`, store.place);
  const told = [`${final} complete`, 'last needed', 'part needed', 'whole complete'];
  assert.deepEqual((await runSweep(uploads)).told.sort(), told.map((one) => `kept ${one}`).sort());
});

test('cleanup without a daemon keeps it, and the next daemon finishes it', async (t) => {
  const uploads = await serveWithHook(t, DOWN);
  await makeComplete(uploads, 'whole');
  await uploads.store.close();
  const now = uploads.clock.now + 30 * DAY;
  const run = (...args: string[]) =>
    runCli([...args, '--upload-dir', uploads.folder], { cwd: uploads.folder, now: () => now });
  const { code, stdout } = await run('cleanup');
  assert.equal(code, 0);
  assert.match(stdout, /kept +whole +4 B +all its bytes are here; the daemon finishes it/);
  assert.match((await run('inspect', 'whole')).stdout, /no cleanup removes it before/);
  const next = await serveUploads(t, { uploadDir: uploads.folder, now: () => now });
  await until('it is finished', async () => {
    return (await next.store.remember('whole'))?.state === 'finished';
  });
});
