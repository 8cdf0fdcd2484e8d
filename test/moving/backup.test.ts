import assert from 'node:assert/strict';
import {
  appendFileSync,
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { openCommandStore, openStore } from '../../src/storage/store.ts';
import { modesIn } from '../support/accounts.ts';
import { runCli } from '../support/cli-host.ts';
import { temporaryFolder } from '../support/temporary.ts';
import { serveUploads, type Uploads } from '../support/uploads.ts';

const backup = ({ folder }: Uploads, target: string, ...args: string[]) =>
  runCli(['backup', '--upload-dir', folder, ...args, target], { cwd: folder });

const restore = (from: string, to: string, ...args: string[]) =>
  runCli(['restore', ...args, from, to], { cwd: '/' });

async function withUploads(t: TestContext): Promise<Uploads & { target: string }> {
  const uploads = await serveUploads(t);
  await uploads.make({
    id: 'whole',
    length: 3000,
    received: 3000,
    metadata: { filename: 'a.txt' },
  });
  await uploads.make({ id: 'half', length: 100, received: 43 });
  await uploads.make({ id: 'unknown', length: null, received: 7 });
  await uploads.make({ id: 'empty', length: 0 });
  return { ...uploads, target: join(temporaryFolder(t), 'new', 'backup') };
}

const inode = (folder: string, id: string) => statSync(join(folder, 'tus', id)).ino;

test('a backup has every upload, verifies, and restores to a directory that is served', async (t) => {
  const uploads = await withUploads(t);
  const { folder, target } = uploads;
  const made = await backup(uploads, target, '--verify');
  assert.equal(made.code, 0, made.stderr);
  assert.match(made.stdout, /^4 uploads: 2 linked, 2 copied; 2\.98 KiB.*\. 4 verified\.\n$/);
  assert.equal(inode(target, 'whole'), inode(folder, 'whole'));
  assert.notEqual(inode(target, 'half'), inode(folder, 'half'));
  const restored = join(temporaryFolder(t), 'restored');
  assert.equal((await restore(target, restored, '--verify')).code, 0);
  const store = await openStore({ uploadDir: restored, fsync: 'never' });
  t.after(() => store.close());
  assert.equal((await store.find('whole')).record.name, 'a.txt');
  assert.deepEqual(
    await Promise.all(
      ['half', 'unknown', 'empty'].map(async (id) => (await store.find(id)).offset),
    ),
    [43, 7, 0],
  );
  assert.deepEqual(
    readFileSync(store.locate('whole')),
    readFileSync(uploads.store.locate('whole')),
  );
  // What goes on here leaves the backup as it was.
  appendFileSync(store.locate('half'), 'more');
  assert.equal(statSync(join(target, 'tus', 'half')).size, 43);
});

test('the next backup takes what is new and drops what was removed', async (t) => {
  const uploads = await withUploads(t);
  const { store, target } = uploads;
  await backup(uploads, target, '--how', 'copy');
  const before = inode(target, 'whole');
  await uploads.make({ id: 'new', length: 5, received: 5 });
  await uploads.append('half', 57);
  await store.terminate('empty', {
    origin: { protocol: '', address: '', agent: null },
    request: null,
  });
  const { code, stdout } = await backup(uploads, target, '--how', 'copy', '--json');
  assert.equal(code, 0);
  const { uploads: listed, summary } = JSON.parse(stdout);
  assert.deepEqual(
    Object.fromEntries(listed.map(({ id, outcome }: Record<string, string>) => [id, outcome])),
    { new: 'copied', half: 'copied', unknown: 'kept', whole: 'kept' },
  );
  assert.equal(summary.pruned, 1);
  assert.equal(inode(target, 'whole'), before);
  assert.equal(existsSync(join(target, 'tus', 'empty')), false);
  const { stdout: verdict } = await runCli(['verify', '--upload-dir', target], { cwd: '/' });
  assert.match(verdict, /^4 uploads.*: 4 ok\.\n$/);
});

test('of an upload that is being written, a backup has what was recorded', async (t) => {
  const uploads = await withUploads(t);
  const transfer = await uploads.begin('half', 20);
  const { code } = await backup(uploads, uploads.target, '--verify');
  assert.equal(code, 0);
  await transfer.end();
  const copy = await openCommandStore({ uploadDir: uploads.target });
  t.after(() => copy.close());
  const { record, offset } = await copy.find('half');
  assert.equal(offset, record.offset);
  assert.equal(await copy.isBeingWritten('half'), false);
});

test('a file that is missing or damaged is named, and a good copy of it stays', async (t) => {
  const uploads = await withUploads(t);
  const { store, target } = uploads;
  await uploads.make({ id: 'gone', length: 5, received: 5 });
  await backup(uploads, target, '--how', 'copy');
  truncateSync(store.locate('whole'), 10);
  rmSync(store.locate('gone'));
  const { code, stdout } = await backup(uploads, target, '--verify');
  assert.equal(code, 1);
  assert.match(stdout, /^damaged {2}whole \(a\.txt\): its file has 10 bytes, recorded are 3000$/m);
  assert.match(stdout, /^damaged {2}gone: its file is missing$/m);
  assert.match(stdout, /5 verified\.\n$/);
  assert.equal(statSync(join(target, 'tus', 'whole')).size, 3000);
});

test('a backup is never made onto itself, into the uploads or over other files', async (t) => {
  const uploads = await withUploads(t);
  const { folder } = uploads;
  const elsewhere = temporaryFolder(t);
  symlinkSync(folder, join(elsewhere, 'link'));
  mkdirSync(join(elsewhere, 'full'));
  writeFileSync(join(elsewhere, 'full', 'precious'), '');
  writeFileSync(join(elsewhere, 'file'), '');
  const before = readdirSync(folder).toSorted();
  for (const [target, code] of [
    [folder, 64],
    [join(folder, 'tus'), 64],
    [join(folder, 'backup', 'deep'), 64],
    [join(elsewhere, 'link'), 64],
    [join(elsewhere, 'link', 'backup'), 64],
    [join(folder, '..'), 64],
    [join(elsewhere, 'full'), 64],
    [join(elsewhere, 'file'), 74],
    ['', 64],
  ] as const) {
    const refused = await backup(uploads, target);
    assert.equal(refused.code, code, `${target}: ${refused.stderr}`);
    assert.equal(refused.stdout, '');
  }
  assert.deepEqual(readdirSync(folder).toSorted(), before);
  assert.deepEqual(readdirSync(join(elsewhere, 'full')), ['precious']);
});

test('nothing is restored over anything, from nothing, or from a directory in use', async (t) => {
  const uploads = await withUploads(t);
  const { folder, target } = uploads;
  await backup(uploads, target);
  const elsewhere = temporaryFolder(t);
  writeFileSync(join(elsewhere, 'precious'), '');
  for (const [from, to, code] of [
    [target, elsewhere, 64],
    [target, target, 64],
    [target, join(target, 'tus', 'x'), 64],
    [target, folder, 64],
    [elsewhere, join(elsewhere, 'x'), 74],
    [join(elsewhere, 'missing'), join(elsewhere, 'x'), 74],
    [folder, join(elsewhere, 'x'), 69],
  ] as const) {
    const refused = await restore(from, to);
    assert.equal(refused.code, code, `${from} to ${to}: ${refused.stderr}`);
  }
  assert.deepEqual(readdirSync(elsewhere), ['precious']);
});

test('a backup that is being made or served is left alone', async (t) => {
  const uploads = await withUploads(t);
  await backup(uploads, uploads.target);
  const store = await openStore({ uploadDir: uploads.target, fsync: 'never' });
  t.after(() => store.close());
  const { code, stderr } = await backup(uploads, uploads.target);
  assert.equal(code, 69);
  assert.match(stderr, /is in use/);
});

test('a backup that was never completed cannot be restored, and is completed by the next run', async (t) => {
  const uploads = await withUploads(t);
  const { target } = uploads;
  await backup(uploads, target);
  // As it is before the first catalog is in place.
  rmSync(join(target, 'catalog.db'));
  mkdirSync(join(target, '.next', 'tus'), { recursive: true });
  writeFileSync(join(target, '.next', 'tus', 'whole'), 'part');
  const refused = await restore(target, join(temporaryFolder(t), 'x'));
  assert.match(refused.stderr, /the backup was never completed/);
  const { code, stdout } = await backup(uploads, target, '--verify');
  assert.equal(code, 0);
  assert.match(stdout, /4 verified/);
  assert.equal(existsSync(join(target, '.next')), false);
});

test('an interrupted restore goes on, and only from the same backup', async (t) => {
  const uploads = await withUploads(t);
  const { target } = uploads;
  await backup(uploads, target);
  const other = join(temporaryFolder(t), 'other');
  await backup(uploads, other);
  const to = join(temporaryFolder(t), 'restored');
  await restore(target, to);
  rmSync(join(to, 'catalog.db'));
  const marker = { format: 'tusd-ts restore', of: target, startedAt: '', completedAt: null };
  writeFileSync(join(to, 'restore.json'), JSON.stringify(marker));
  assert.equal((await restore(other, to)).code, 64);
  assert.equal((await restore(target, to, '--verify')).code, 0);
  assert.equal((await restore(target, to)).code, 64, 'it has a catalog now');
  assert.deepEqual(readdirSync(to).toSorted(), ['catalog.db', 'serving.lock', 'tus']);
});

test('a joined upload and one that waits for its parts are restored as they are', async (t) => {
  const uploads = await serveUploads(t);
  const { store } = uploads;
  const target = join(temporaryFolder(t), 'backup');
  const caller = { origin: { protocol: 'tus 1.0.0', address: '', agent: null }, request: null };
  await uploads.make({ id: 'one', kind: 'partial', length: 3, received: 3 });
  await uploads.make({ id: 'two', kind: 'partial', length: 3, received: 1 });
  const final = {
    kind: 'final',
    length: null,
    metadata: null,
    protocolData: null,
    caller,
  } as const;
  const joined = await store.concatenate({ ...final, parts: ['one', 'one'] });
  const waiting = await store.concatenate({ ...final, parts: ['one', 'two'] });
  assert.equal((await backup(uploads, target, '--verify')).code, 0);
  const to = join(temporaryFolder(t), 'restored');
  assert.equal((await restore(target, to, '--verify')).code, 0);
  const again = await openStore({ uploadDir: to, fsync: 'never' });
  t.after(() => again.close());
  assert.equal((await again.find(joined.record.id)).record.state, 'finished');
  const found = await again.find(waiting.record.id);
  assert.deepEqual([found.record.parts, found.offset], [['one', 'two'], null]);
});

test('a directory keeps its permissions when it is backed up, imported or imported into', async (t) => {
  const uploads = await withUploads(t);
  const { folder, store, target } = uploads;
  await store.close();
  for (const name of ['.', 'tus']) chmodSync(join(folder, name), 0o2770);
  for (const name of ['catalog.db', 'serving.lock', 'tus/half']) {
    chmodSync(join(folder, name), 0o660);
  }
  const before = modesIn(folder);
  assert.equal((await backup(uploads, target, '--how', 'copy')).code, 0);
  const other = join(temporaryFolder(t), 'other');
  assert.equal((await runCli(['import', '--upload-dir', other, folder], { cwd: '/' })).code, 0);
  const into = ['import', '--upload-dir', folder, other];
  assert.equal((await runCli(into, { cwd: '/' })).code, 0);
  const { 'import.lock': lock, ...after } = modesIn(folder);
  assert.deepEqual(after, before);
  assert.equal(lock, '0660');
  const copied = modesIn(target);
  assert.deepEqual(
    [copied['.'], copied.tus, copied['catalog.db'], copied['tus/half']],
    ['2770', '2770', '0660', '0660'],
  );
});
