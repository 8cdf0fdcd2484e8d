import assert from 'node:assert/strict';
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { sweep } from '../../src/retention/sweep.ts';
import { CALLER, DAY, HOUR, serveUploads } from '../support/uploads.ts';
import { runSweep } from './run-sweep.ts';

test('a sweep removes what was abandoned and keeps what was finished', async (context) => {
  const uploads = await serveUploads(context);
  const { store, clock } = uploads;
  await uploads.make({ id: 'abandoned', length: 10, received: 4 });
  await uploads.make({ id: 'finished', length: 4, received: 4 });
  clock.now += DAY - 1;
  await uploads.make({ id: 'young', length: 10, received: 1 });
  assert.deepEqual((await runSweep(uploads)).told, [], 'not before its time');
  clock.now += 1;
  const { told, decisions, summary } = await runSweep(uploads);
  assert.deepEqual(told, ['removed abandoned unfinished']);
  assert.deepEqual(decisions[0]?.reason, { code: 'unfinished', idle: DAY, limit: DAY });
  assert.deepEqual(summary, {
    removedUploads: 1,
    removedParts: 0,
    removedFiles: 0,
    removed: 1,
    failed: 0,
    bytes: 4,
    orphans: 0,
    forgotten: 0,
  });
  assert.equal(existsSync(store.locate('abandoned')), false);
  assert.equal(existsSync(store.locate('finished')), true);
  const memory = await store.remember('abandoned');
  assert.equal(memory?.state, 'removed');
  assert.equal(memory?.removedWhy, 'expired');
});

test('finished uploads go when completedRetentionDays says so, counted from their finish', async (context) => {
  const uploads = await serveUploads(context);
  await uploads.make({ id: 'old', length: 3, received: 3 });
  uploads.clock.now += 2 * DAY;
  await uploads.make({ id: 'new', length: 3, received: 3 });
  const policy = { unfinishedFor: null, finishedFor: 2 * DAY };
  assert.deepEqual((await runSweep(uploads, { policy })).told, ['removed old finished']);
});

test('olderThan replaces the limit of unfinished uploads, and with includeFinished of all', async (context) => {
  const uploads = await serveUploads(context);
  await uploads.make({ id: 'half', length: 10, received: 3 });
  await uploads.make({ id: 'whole', length: 3, received: 3 });
  uploads.clock.now += 2 * HOUR;
  const unfinished = await runSweep(uploads, { olderThan: HOUR, dryRun: true });
  assert.deepEqual(unfinished.told, ['would-remove half unfinished']);
  const options = { olderThan: HOUR, includeFinished: true };
  assert.deepEqual((await runSweep(uploads, options)).told, [
    'removed half unfinished',
    'removed whole finished',
  ]);
  // Nobody's time was up: a person asked for it.
  assert.equal((await uploads.store.remember('half'))?.removedWhy, 'cleanup');
});

test('an upload that is being written is kept, however old it is', async (context) => {
  const uploads = await serveUploads(context);
  await uploads.make({ id: 'busy', length: 100 });
  const transfer = await uploads.begin('busy', 10);
  // A limit of nothing condemns whatever is not being written.
  assert.deepEqual((await runSweep(uploads, { olderThan: 0 })).told, ['kept busy writing']);
  assert.deepEqual((await runSweep(uploads, { olderThan: 0, dryRun: true })).told, [
    'would-keep busy writing',
  ]);
  await transfer.end();
  assert.deepEqual((await runSweep(uploads, { olderThan: 0 })).told, ['removed busy unfinished']);
});

test('a dry run changes nothing and tells why the others stay', async (context) => {
  const uploads = await serveUploads(context);
  await uploads.make({ id: 'old', length: 10, received: 4 });
  uploads.clock.now += DAY;
  await uploads.make({ id: 'young', length: 10, received: 4 });
  uploads.clock.now += HOUR;
  const { told, decisions, summary } = await runSweep(uploads, { dryRun: true });
  assert.deepEqual(told, ['would-remove old unfinished', 'would-keep young not-yet']);
  assert.deepEqual(decisions[1]?.reason, { code: 'not-yet', idle: HOUR, expiresIn: 23 * HOUR });
  assert.equal(summary.bytes, 4);
  assert.equal((await uploads.store.remember('old'))?.state, 'receiving');
  assert.equal(existsSync(uploads.store.locate('old')), true);
});

test('an upload that cannot be removed is reported, and the sweep goes on', async (context) => {
  const uploads = await serveUploads(context);
  const { store } = uploads;
  for (const id of ['a', 'b', 'c']) await uploads.make({ id, length: 10, received: 4 });
  uploads.clock.now += DAY;
  rmSync(store.locate('b'));
  mkdirSync(store.locate('b'));
  const { told, decisions, summary } = await runSweep(uploads);
  assert.deepEqual(told, ['removed a unfinished', 'failed b error', 'removed c unfinished']);
  const { reason } = decisions[1] ?? assert.fail();
  assert.match(reason.code === 'error' ? reason.message : '', /removing a data file/);
  assert.equal(summary.failed, 1);
  assert.equal(summary.removed, 2);
});

test('a removal that was cut short is ended by the next sweep', async (context) => {
  const uploads = await serveUploads(context);
  const { store } = uploads;
  await uploads.make({ id: 'stuck', length: 10, received: 4 });
  uploads.clock.now += DAY;
  // The claim is recorded and the file stays, as after a crash between the two.
  rmSync(store.locate('stuck'));
  mkdirSync(store.locate('stuck'));
  await runSweep(uploads);
  assert.equal((await store.remember('stuck'))?.state, 'removing');
  rmSync(store.locate('stuck'), { recursive: true });
  writeFileSync(store.locate('stuck'), 'abcd');
  assert.deepEqual((await runSweep(uploads, { dryRun: true })).told, ['would-remove stuck begun']);
  const { told, summary } = await runSweep(uploads);
  assert.deepEqual(told, ['removed stuck begun']);
  assert.equal(summary.bytes, 4);
  assert.equal((await store.remember('stuck'))?.state, 'removed');
  assert.equal(existsSync(store.locate('stuck')), false);
});

test('a part stays while a final upload needs it, and goes together with it', async (context) => {
  const uploads = await serveUploads(context);
  const { store, clock } = uploads;
  await uploads.make({ id: 'part-1', kind: 'partial', length: 3, received: 3 });
  await uploads.make({ id: 'part-2', kind: 'partial', length: 3 });
  clock.now += DAY;
  const final = await store.concatenate({
    kind: 'final',
    length: null,
    metadata: null,
    protocolData: null,
    parts: ['part-1', 'part-2'],
    caller: CALLER,
  });
  const { id } = final.record;
  const dry = await runSweep(uploads, { dryRun: true });
  assert.deepEqual(dry.told.sort(), [
    `would-keep ${id} not-yet`,
    'would-keep part-1 needed',
    'would-keep part-2 needed',
  ]);
  assert.deepEqual((await runSweep(uploads)).told.sort(), [
    'kept part-1 needed',
    'kept part-2 needed',
  ]);
  clock.now += DAY;
  const last = await runSweep(uploads, { dryRun: true });
  assert.equal(last.summary.removed, 3);
  // The parts are older, so the sweep comes to them before the final upload that needs them.
  const { summary, told } = await runSweep(uploads);
  assert.equal(summary.removed, 3, told.join('; '));
});

test('a finished part that nobody joined goes like an abandoned upload', async (context) => {
  const uploads = await serveUploads(context);
  await uploads.make({ id: 'part', kind: 'partial', length: 3, received: 3 });
  uploads.clock.now += DAY;
  assert.deepEqual((await runSweep(uploads)).told, ['removed part part']);
});

test('removed uploads are forgotten after a week, or after a longer retention', async (context) => {
  const uploads = await serveUploads(context);
  const { store, clock } = uploads;
  await uploads.make({ id: 'gone' });
  await store.terminate('gone', CALLER);
  clock.now += 7 * DAY - 1;
  assert.equal((await runSweep(uploads)).summary.forgotten, 0);
  clock.now += 1;
  assert.equal((await runSweep(uploads, { dryRun: true })).summary.forgotten, 0);
  const month = { unfinishedFor: 30 * DAY, finishedFor: null };
  assert.equal((await runSweep(uploads, { policy: month })).summary.forgotten, 0);
  assert.equal((await runSweep(uploads)).summary.forgotten, 1);
  assert.equal(await store.remember('gone'), undefined);
});

test('a sweep ends between two uploads when it is asked to stop', async (context) => {
  const uploads = await serveUploads(context);
  for (const id of ['a', 'b', 'c']) await uploads.make({ id, length: 10 });
  uploads.clock.now += DAY;
  const { summary } = await runSweep(uploads, { signal: AbortSignal.abort() });
  assert.equal(summary.removed, 1);
  assert.equal((await uploads.store.remember('c'))?.state, 'receiving');
});

test('an upload that its client resumed meanwhile is kept', async (context) => {
  const uploads = await serveUploads(context);
  const { store, clock } = uploads;
  for (const id of ['first', 'second']) await uploads.make({ id, length: 10, received: 1 });
  clock.now += DAY;
  const run = sweep(store, {
    // The client may resume until the policy's end, which is later than what the person asked for.
    policy: { unfinishedFor: 10 * DAY, finishedFor: null },
    olderThan: DAY,
    now: () => clock.now,
    orphans: 'skip',
  });
  const next = async () => {
    const { value } = await run.next();
    return 'action' in value ? `${value.action} ${value.id} ${value.reason.code}` : value;
  };
  assert.equal(await next(), 'removed first unfinished');
  await uploads.append('second', 3);
  assert.equal(await next(), 'kept second changed');
  await run.next();
  assert.equal((await store.remember('second'))?.offset, 4);
});
