import assert from 'node:assert/strict';
import { existsSync, mkdirSync, renameSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { notePolicy } from '../../src/retention/served-policy.ts';
import { runCli } from '../support/cli-host.ts';
import { DAY, HOUR, serveUploads, type Uploads } from '../support/uploads.ts';

function cleanup({ folder, clock }: Uploads, args: readonly string[] = [], columns?: number) {
  return runCli(['cleanup', '--upload-dir', folder, ...args], {
    cwd: folder,
    now: () => clock.now,
    ...(columns === undefined ? {} : { columns }),
  });
}

test('cleanup --dry-run shows what it would do with each unfinished upload, and why', async (context) => {
  const uploads = await serveUploads(context);
  await uploads.make({
    id: 'old-upload',
    length: 2048,
    received: 1024,
    metadata: { filename: 'holiday.mov' },
  });
  await uploads.make({ id: 'finished', length: 4, received: 4 });
  uploads.clock.now += 3 * DAY + 2 * HOUR;
  await uploads.make({ id: 'young-upload', received: 1 });
  const { code, stdout } = await cleanup(uploads, ['--dry-run']);
  assert.equal(code, 0);
  assert.deepEqual(stdout.trimEnd().split('\n'), [
    'would remove  old-upload    holiday.mov  1 KiB  unfinished, last byte 3 d 2 h ago (limit 1 day)',
    'would keep    young-upload                 1 B  last byte just now; its time is up in 1 d',
    '1 of 3 uploads, 1 KiB. Nothing was removed (--dry-run).',
  ]);
  assert.equal(existsSync(uploads.store.locate('old-upload')), true);
});

test('cleanup removes what was abandoned and says what it freed', async (context) => {
  const uploads = await serveUploads(context);
  await uploads.make({ id: 'old', length: 2048, received: 1024 });
  await uploads.make({ id: 'finished', length: 4, received: 4 });
  uploads.clock.now += 2 * DAY;
  const { code, stdout, stderr } = await cleanup(uploads);
  assert.deepEqual([code, stderr], [0, '']);
  assert.deepEqual(stdout.trimEnd().split('\n'), [
    'removed  old    1 KiB  unfinished, last byte 2 d ago (limit 1 day)',
    'Removed 1 of 2 uploads, 1 KiB.',
  ]);
  assert.equal(existsSync(uploads.store.locate('old')), false);
  assert.equal(existsSync(uploads.store.locate('finished')), true);
  assert.equal((await cleanup(uploads)).stdout, 'Removed 0 of 1 upload, 0 B.\n');
});

const NOTHING = {
  examined: 0,
  uploads: 0,
  parts: 0,
  removed: 0,
  removedUploads: 0,
  removedParts: 0,
  removedFiles: 0,
  failed: 0,
  bytes: 0,
  orphans: 0,
  forgotten: 0,
};

test('cleanup --json has a stable shape', async (context) => {
  const uploads = await serveUploads(context);
  await uploads.make({ id: 'old', length: 10, received: 4, metadata: { name: 'x\u202e' } });
  uploads.clock.now += 2 * DAY;
  const { stdout } = await cleanup(uploads, ['--json']);
  assert.doesNotMatch(stdout, /\u202e/);
  assert.deepEqual(JSON.parse(stdout), {
    dryRun: false,
    uploads: [
      {
        action: 'removed',
        kind: 'upload',
        id: 'old',
        name: 'x\u202e',
        bytes: 4,
        reason: {
          code: 'unfinished',
          text: 'unfinished, last byte 2 d ago (limit 1 day)',
          idleMs: 2 * DAY,
          limitMs: DAY,
          expiresInMs: null,
        },
      },
    ],
    summary: {
      ...NOTHING,
      examined: 1,
      uploads: 1,
      removed: 1,
      removedUploads: 1,
      bytes: 4,
    },
  });
  assert.deepEqual(JSON.parse((await cleanup(uploads, ['--json', '--dry-run'])).stdout), {
    dryRun: true,
    uploads: [],
    summary: NOTHING,
  });
});

test('cleanup exits 1 when something could not be removed, and removes the rest', async (context) => {
  const uploads = await serveUploads(context);
  for (const id of ['stuck', 'loose']) await uploads.make({ id });
  rmSync(uploads.store.locate('stuck'));
  mkdirSync(uploads.store.locate('stuck'));
  uploads.clock.now += DAY;
  const { code, stdout } = await cleanup(uploads);
  assert.equal(code, 1);
  assert.match(stdout, /^failed {3}stuck .*removing a data file$/m);
  assert.match(stdout, /^removed {2}loose /m);
  assert.match(stdout, /1 could not be removed; the next cleanup tries again\./);
  // As the sentence says.
  rmSync(uploads.store.locate('stuck'), { recursive: true });
  const again = await cleanup(uploads);
  assert.equal(again.code, 0);
  assert.match(again.stdout, /its removal was begun before, and cut short/);
});

test('cleanup --older-than goes by its own limit, and with --completed for finished ones, too', async (context) => {
  const uploads = await serveUploads(context);
  await uploads.make({ id: 'half', received: 1 });
  await uploads.make({ id: 'whole', length: 1, received: 1 });
  uploads.clock.now += 2 * HOUR;
  assert.match((await cleanup(uploads, ['--older-than', '3h'])).stdout, /Removed 0 of/);
  assert.match((await cleanup(uploads, ['--older-than', '90m'])).stdout, /Removed 1 of 2/);
  const { stdout } = await cleanup(uploads, ['--older-than', '1h30m', '--completed']);
  assert.match(stdout, /^removed {2}whole .*finished 2 h ago \(limit 90 minutes\)$/m);
});

test('cleanup --completed without an age needs a configured one', async (context) => {
  const uploads = await serveUploads(context);
  await uploads.make({ id: 'whole', length: 1, received: 1 });
  uploads.clock.now += 3 * DAY;
  const refused = await cleanup(uploads, ['--completed']);
  assert.equal(refused.code, 64);
  assert.match(refused.stderr, /finished uploads are kept for ever\.\n {2}Add --older-than 90d/);
  assert.equal(existsSync(uploads.store.locate('whole')), true);
  const configured = ['--completed', '--completed-retention-days', '2'];
  assert.match((await cleanup(uploads, configured)).stdout, /Removed 1 of 1 upload/);
});

test('cleanup uses the retention of the daemon, unless it has its own', async (context) => {
  const uploads = await serveUploads(context);
  await uploads.make({ id: 'kept', received: 1 });
  await notePolicy(uploads.store, { unfinishedFor: 30 * DAY, finishedFor: null });
  uploads.clock.now += 2 * DAY;
  const { stdout } = await cleanup(uploads, ['--dry-run']);
  assert.match(stdout, /^would keep .*its time is up in 28 d$/m);
  assert.match((await cleanup(uploads)).stdout, /Removed 0 of 1/);
  assert.match((await cleanup(uploads, ['--retention-days', '1'])).stdout, /Removed 1 of 1/);
});

test('cleanup reports files without a record, and removes them with --orphans', async (context) => {
  const uploads = await serveUploads(context);
  const path = join(uploads.store.place, 'lost\x1b[2J');
  writeFileSync(path, 'lost');
  const at = (uploads.clock.now - 2 * HOUR) / 1000;
  utimesSync(path, at, at);
  const report = await cleanup(uploads);
  assert.equal(report.code, 0);
  assert.match(report.stdout, /^kept {2}lost\\x1b\[2J .*without a record, last changed 2 h ago/m);
  assert.match(report.stdout, /1 file without a record was left alone \(--orphans\)\./);
  assert.equal(existsSync(path), true);
  assert.match(
    (await cleanup(uploads, ['--orphans'])).stdout,
    /Removed 0 of 0 uploads, 1 file without a record, 4 B\./,
  );
  assert.equal(existsSync(path), false);
});

test('an age that makes no sense is a usage error', async (context) => {
  const uploads = await serveUploads(context);
  for (const age of ['0s', '5', 'soon', '-1h']) {
    const { code, stderr } = await cleanup(uploads, ['--older-than', age]);
    assert.equal(code, 64, age);
    assert.match(stderr, /^tusd-ts: .*\n/);
  }
});

test('a terminal of one column still gets the reasons', async (context) => {
  const uploads = await serveUploads(context);
  await uploads.make({ id: 'old', received: 1 });
  uploads.clock.now += 2 * DAY;
  assert.match((await cleanup(uploads, ['--dry-run'], 1)).stdout, /\(limit 1 day\)/);
});

test('without the folder of the bytes cleanup says so and takes no record for an orphan', async (context) => {
  const uploads = await serveUploads(context);
  await uploads.make({ id: 'there', received: 1 });
  const { place } = uploads.store;
  renameSync(place, `${place}.elsewhere`);
  uploads.clock.now += 2 * HOUR;
  for (const args of [[], ['--orphans'], ['--dry-run']]) {
    const { code, stderr } = await cleanup(uploads, args);
    assert.equal(code, 74, args.join());
    assert.match(stderr, /the upload directory .+ is not there/);
  }
  assert.equal((await uploads.store.remember('there'))?.state, 'receiving');
  renameSync(`${place}.elsewhere`, place);
});
