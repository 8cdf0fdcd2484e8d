import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { test } from 'node:test';
import { runCli } from '../support/cli-host.ts';
import { runCommand } from '../support/command.ts';
import { CALLER, serveUploads, type Uploads } from '../support/uploads.ts';

function remove(
  { folder, clock }: Uploads,
  args: readonly string[],
  more: { answer?: string; piped?: readonly string[]; columns?: number } = {},
) {
  const options = { cwd: folder, now: () => clock.now, ...more };
  return runCli(['remove', '--upload-dir', folder, ...args], options);
}

/** An upload that waits for its two parts, of which one is here. */
async function waiting(uploads: Uploads): Promise<string> {
  await uploads.make({ id: 'part-one', kind: 'partial', length: 5, received: 5 });
  await uploads.make({ id: 'part-two', kind: 'partial', length: 5, received: 2 });
  const { record } = await uploads.store.concatenate({
    kind: 'final',
    length: null,
    metadata: null,
    protocolData: null,
    parts: ['part-one', 'part-two'],
    caller: CALLER,
  });
  return record.id;
}

test('remove takes ids, beginnings and URLs, finished or not, and frees the files', async (context) => {
  const uploads = await serveUploads(context);
  await uploads.make({ id: 'finished-one', length: 4, received: 4 });
  await uploads.make({ id: 'half-of-one', length: 2048, received: 1024 });
  await uploads.make({ id: 'kept' });
  const args = ['--yes', 'finished', 'https://example.org/uploads/files/half-of-one?x=1'];
  const { code, stdout, stderr } = await remove(uploads, args);
  assert.deepEqual([code, stderr], [0, '']);
  assert.deepEqual(stdout.trimEnd().split('\n'), [
    'removed  finished-one  4 B  finished just now',
    'removed  half-of-one  1 KiB  receiving, last byte just now',
    'Removed 2 uploads, 1 KiB.',
  ]);
  assert.equal(existsSync(uploads.store.locate('finished-one')), false);
  assert.equal(existsSync(uploads.store.locate('half-of-one')), false);
  assert.equal((await uploads.store.remember('half-of-one'))?.removedWhy, 'operator');
  assert.equal((await uploads.store.remember('kept'))?.state, 'receiving');
});

test('remove asks on a terminal, warns of finished uploads, and accepts a no', async (context) => {
  const uploads = await serveUploads(context);
  await uploads.make({ id: 'whole', length: 4, received: 4 });
  for (const answer of ['', 'n', 'no', 'yesterday']) {
    const { code, stderr } = await remove(uploads, ['whole'], { answer, columns: 80 });
    assert.equal(code, 1, answer);
    assert.match(stderr, /^Remove 1 upload, 4 B\? 1 of them is finished\. This cannot be undone/);
  }
  assert.equal(existsSync(uploads.store.locate('whole')), true);
  assert.equal((await remove(uploads, ['whole'], { answer: 'Yes', columns: 80 })).code, 0);
  assert.equal(existsSync(uploads.store.locate('whole')), false);
});

test('remove refuses without a terminal to ask on', async (context) => {
  const uploads = await serveUploads(context);
  await uploads.make({ id: 'one' });
  for (const args of [['one'], ['-'], ['--json', 'one']]) {
    const { code, stderr } = await remove(uploads, args);
    assert.equal(code, 64);
    assert.match(stderr, /--yes/);
  }
  assert.equal(existsSync(uploads.store.locate('one')), true);
});

test('remove --dry-run removes nothing and needs no answer', async (context) => {
  const uploads = await serveUploads(context);
  await uploads.make({ id: 'one', received: 3 });
  const { code, stdout } = await remove(uploads, ['--dry-run', 'one']);
  assert.equal(code, 0);
  assert.match(stdout, /^would remove {2}one .*\nWould remove 1 upload, 3 B\. Nothing was removed/);
  assert.equal(existsSync(uploads.store.locate('one')), true);
});

test('uploads that do not exist are reported, and the others are removed', async (context) => {
  const uploads = await serveUploads(context);
  await uploads.make({ id: 'one' });
  await uploads.make({ id: 'other-a' });
  await uploads.make({ id: 'other-b' });
  assert.equal((await remove(uploads, ['--yes', 'zz9'])).code, 66);
  const ambiguous = await remove(uploads, ['--yes', 'one', 'other']);
  assert.equal(ambiguous.code, 64);
  assert.match(ambiguous.stderr, /more than one upload begins with "other"/);
  assert.equal(existsSync(uploads.store.locate('one')), true, 'nothing was done');
  const mixed = await remove(uploads, ['--yes', 'zz9\x1b[2J', 'one', 'one']);
  assert.equal(mixed.code, 1);
  assert.match(mixed.stdout, /^not found {2}zz9\\x1b\[2J {2}no upload begins with/);
  assert.match(mixed.stdout, /Removed 1 upload, 0 B\.\n$/);
  const again = await remove(uploads, ['--yes', 'one']);
  assert.deepEqual([again.code, /^already removed {2}one/.test(again.stdout)], [0, true]);
});

test('ids come from a pipe with "-"', async (context) => {
  const uploads = await serveUploads(context);
  for (const id of ['one', 'two']) await uploads.make({ id });
  const { code, stdout } = await remove(uploads, ['--yes', '-'], { piped: ['one', '', ' two '] });
  assert.equal(code, 0);
  assert.match(stdout, /Removed 2 uploads/);
});

test('a part that an unfinished upload needs is kept, and goes together with it', async (context) => {
  const uploads = await serveUploads(context);
  const final = await waiting(uploads);
  const refused = await remove(uploads, ['--yes', 'part-one']);
  assert.equal(refused.code, 1);
  assert.match(refused.stdout, /^failed {2}part-one .*needs this part\n {2}Remove the upload that/);
  const both = await remove(uploads, ['--yes', '--parts', '--json', final]);
  assert.equal(both.code, 0);
  const { uploads: removed, summary } = JSON.parse(both.stdout);
  assert.deepEqual(
    removed.map(({ id, action }: { id: string; action: string }) => `${action} ${id}`),
    [`removed ${final}`, 'removed part-one', 'removed part-two'],
  );
  assert.deepEqual(summary, { removed: 3, alreadyRemoved: 0, notFound: 0, failed: 0, bytes: 7 });
});

test('remove takes over from a transfer that a daemon is receiving, which then ends', async (context) => {
  const uploads = await serveUploads(context, { now: Date.now });
  await uploads.make({ id: 'busy', length: 100 });
  const transfer = await uploads.begin('busy', 10);
  const ended = assert.rejects(transfer.ended(), { code: 'GONE' });
  const { code, stdout, stderr } = await runCommand([
    ...['remove', '--yes', 'busy', '--upload-dir', uploads.folder],
  ]);
  assert.deepEqual([code, stderr], [0, '']);
  assert.match(stdout, /^removed {2}busy {2}10 B/);
  // The daemon notices when more comes: the client has not ended its request.
  transfer.send(5);
  await ended;
  await assert.rejects(uploads.store.find('busy'), { code: 'GONE' });
  assert.equal(existsSync(uploads.store.locate('busy')), false);
});
