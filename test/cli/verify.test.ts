import assert from 'node:assert/strict';
import { appendFileSync, closeSync, openSync, rmSync, truncateSync, writeSync } from 'node:fs';
import { test } from 'node:test';
import { runCli } from '../support/cli-host.ts';
import { serveUploads, type Uploads } from '../support/uploads.ts';

function verify({ folder, clock }: Uploads, ...args: string[]) {
  return runCli(['verify', '--upload-dir', folder, '--rate', 'unlimited', ...args], {
    cwd: folder,
    now: () => clock.now,
  });
}

/** Flips one bit, as a bad disk would. */
function damage(path: string, position: number): void {
  const file = openSync(path, 'r+');
  writeSync(file, Buffer.from([0x80]), 0, 1, position);
  closeSync(file);
}

test('verify finds nothing wrong with what is as it was received', async (context) => {
  const uploads = await serveUploads(context);
  await uploads.make({ id: 'whole', length: 3_000_000, received: 3_000_000 });
  await uploads.make({ id: 'half', length: 100, received: 43 });
  await uploads.append('half', 7);
  await uploads.make({ id: 'empty', length: 0 });
  const { code, stdout } = await verify(uploads);
  assert.equal(code, 0);
  assert.equal(stdout, '3 uploads, 2.86 MiB read: 3 ok.\n');
});

test('verify reports what is truncated, altered and missing, and exits 1', async (context) => {
  const uploads = await serveUploads(context);
  const { store } = uploads;
  for (const id of ['ok', 'bitrot', 'short', 'long', 'gone', 'half']) {
    await uploads.make({ id, length: id === 'half' ? 5000 : 3000, received: 3000 });
  }
  damage(store.locate('bitrot'), 2999);
  truncateSync(store.locate('short'), 2000);
  appendFileSync(store.locate('long'), 'more');
  rmSync(store.locate('gone'));
  truncateSync(store.locate('half'), 10);
  const { code, stdout } = await verify(uploads);
  assert.equal(code, 1);
  assert.match(stdout, /^altered +bitrot +its CRC-32 is [0-9a-f]{8}, recorded was [0-9a-f]{8}$/m);
  assert.match(stdout, /^truncated +short +1000 of 3000 bytes are missing at its end$/m);
  assert.match(stdout, /^altered +long +it has 4 bytes more than the 3000 recorded$/m);
  assert.match(stdout, /^missing +gone +there is no data file$/m);
  assert.match(stdout, /^truncated +half +2990 of 3000 bytes/m);
  assert.match(stdout, /: 1 ok, 2 truncated, 2 altered, 1 missing\.\n$/);
  assert.doesNotMatch(stdout, /^ok/m);
});

test('of an unfinished upload what was recorded counts', async (context) => {
  const uploads = await serveUploads(context);
  await uploads.make({ id: 'half', length: 100, received: 43 });
  appendFileSync(uploads.store.locate('half'), 'not recorded yet');
  assert.equal((await verify(uploads)).code, 0);
  damage(uploads.store.locate('half'), 42);
  assert.equal((await verify(uploads)).code, 1);
});

test('an upload that is being written is skipped', async (context) => {
  const uploads = await serveUploads(context);
  await uploads.make({ id: 'busy', length: 100 });
  const transfer = await uploads.begin('busy', 10);
  const { code, stdout } = await verify(uploads);
  assert.equal(code, 0);
  assert.match(stdout, /^skipped +busy +it is being written$/m);
  await transfer.end();
  assert.match((await verify(uploads)).stdout, /: 1 ok\./);
});

test('uploads that are named are all listed', async (context) => {
  const uploads = await serveUploads(context);
  for (const id of ['alpha', 'beta', 'gamma']) await uploads.make({ id, length: 3, received: 3 });
  const { stdout } = await verify(uploads, 'alp', 'beta');
  assert.match(stdout, /^ok {2}alpha +3 B\nok {2}beta +3 B\n2 uploads/);
  const unknown = await verify(uploads, 'alpha', 'delta');
  assert.equal(unknown.code, 66);
  assert.equal(unknown.stdout, '');
});

test('verify --json has a stable shape', async (context) => {
  const uploads = await serveUploads(context);
  await uploads.make({ id: 'ok', length: 3, received: 3, metadata: { filename: 'x\u202e' } });
  await uploads.make({ id: 'short', length: 3, received: 3 });
  truncateSync(uploads.store.locate('short'), 1);
  const { code, stdout } = await verify(uploads, '--json');
  assert.equal(code, 1);
  assert.doesNotMatch(stdout, /\u202e/);
  assert.deepEqual(JSON.parse(stdout), {
    uploads: [
      { id: 'ok', name: 'x\u202e', verdict: 'ok', why: null, expected: 3, found: 3 },
      {
        id: 'short',
        name: null,
        verdict: 'truncated',
        why: '2 of 3 bytes are missing at its end',
        expected: 3,
        found: 1,
      },
    ],
    summary: {
      uploads: 2,
      ok: 1,
      truncated: 1,
      altered: 0,
      missing: 0,
      taken: 0,
      unreadable: 0,
      skipped: 0,
      bytesRead: 3,
      durationMs: 0,
    },
  });
});

test('a rate is a size, and not nothing', async (context) => {
  const uploads = await serveUploads(context);
  for (const rate of ['0', 'fast', '5M']) {
    assert.equal((await verify(uploads, '--rate', rate)).code, 64, rate);
  }
  assert.equal((await verify(uploads, '--rate', '10MiB/s')).code, 0);
});
