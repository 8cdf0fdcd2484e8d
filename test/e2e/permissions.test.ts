import assert from 'node:assert/strict';
import { chmodSync, chownSync, cpSync, mkdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { foreignTarget } from '../../conformance/target.ts';
import { append, begin, create } from '../../conformance/tus.ts';
import {
  DAEMON,
  GROUP,
  MEMBER,
  modesIn,
  NOT_ROOT,
  STRANGER,
  sharedFolder,
} from '../support/accounts.ts';
import { runCommand, startDaemon } from '../support/command.ts';

async function upload(url: string): Promise<string> {
  const target = foreignTarget(url);
  const made = await begin(target, { 'Upload-Length': '3' });
  await append(target, made, 0, Buffer.from('abc'));
  return made.slice(url.length);
}

const FILES = ['catalog.db', 'catalog.db-wal', 'catalog.db-shm', 'serving.lock', 'reserve'];

test('everything is private by default, whatever the umask', async (t) => {
  const folder = sharedFolder(t);
  for (const umask of [0o000, 0o022, 0o077]) {
    const before = process.umask(umask);
    const uploadDir = join(folder, `new-${umask}`, 'below');
    const daemon = await startDaemon(t, ['--upload-dir', uploadDir]).finally(() =>
      process.umask(before),
    );
    const id = await upload(daemon.url);
    const modes = modesIn(join(uploadDir, '..'));
    for (const [name, mode] of Object.entries(modes)) {
      const folders = ['.', 'below', 'below/tus'];
      assert.equal(mode, folders.includes(name) ? '0700' : '0600', `${name}, umask ${umask}`);
    }
    assert.ok(FILES.every((name) => modes[`below/${name}`]) && modes[`below/tus/${id}`]);
    assert.equal(await daemon.stop(), 0);
  }
});

test('a directory that was open before keeps its mode, and its files become private', async (t) => {
  const uploadDir = join(sharedFolder(t), 'uploads');
  mkdirSync(uploadDir, { mode: 0o755 });
  const first = await startDaemon(t, ['--upload-dir', uploadDir]);
  const id = await upload(first.url);
  assert.equal(modesIn(uploadDir)['.'], '0755');
  await first.kill();
  for (const name of Object.keys(modesIn(uploadDir))) {
    const path = join(uploadDir, name);
    chmodSync(path, statSync(path).isDirectory() ? 0o755 : 0o644);
  }
  const second = await startDaemon(t, ['--upload-dir', uploadDir]);
  const { '.': own, tus, ...files } = modesIn(uploadDir);
  assert.deepEqual([own, tus], ['0755', '0700']);
  assert.deepEqual(new Set(Object.values(files)), new Set(['0600']));
  assert.ok(files[join('tus', id)]);
  assert.equal(await second.stop(), 0);
});

test('others can neither list nor clean up by default', { skip: NOT_ROOT }, async (t) => {
  const uploadDir = join(sharedFolder(t), 'uploads');
  mkdirSync(uploadDir, { mode: 0o755 });
  chownSync(uploadDir, DAEMON.uid, DAEMON.gid);
  const daemon = await startDaemon(t, ['--upload-dir', uploadDir], { ...DAEMON, cwd: '/' });
  await upload(daemon.url);
  for (const command of ['list', 'cleanup', 'verify']) {
    const run = await runCommand([command, '--upload-dir', uploadDir], { ...STRANGER, cwd: '/' });
    assert.equal(run.code, 77, run.stderr);
    assert.doesNotMatch(run.stderr, /should not have happened/);
  }
  assert.equal(await daemon.stop(), 0);
});

const SHARED = [
  { name: 'read', fileMode: '0640', directoryMode: '0750', cleans: false },
  { name: 'read and clean up', fileMode: '0660', directoryMode: '0770', cleans: true },
];

for (const { name, fileMode, directoryMode, cleans } of SHARED) {
  test(`members of fileGroup may ${name} with ${fileMode}`, { skip: NOT_ROOT }, async (t) => {
    const uploadDir = join(sharedFolder(t), 'uploads');
    const options = ['--file-mode', fileMode, '--directory-mode', directoryMode];
    const args = ['--upload-dir', uploadDir, ...options, '--file-group', String(GROUP)];
    const daemon = await startDaemon(t, args);
    const id = await upload(daemon.url);
    await begin(foreignTarget(daemon.url), { 'Upload-Length': '10' });
    const modes = modesIn(uploadDir);
    assert.equal(modes.tus, `2${directoryMode.slice(1)}`);
    for (const file of [...FILES, `tus/${id}`]) {
      assert.equal(modes[file], fileMode, file);
      assert.equal(statSync(join(uploadDir, file)).gid, GROUP, file);
    }
    const as = (who: typeof MEMBER, ...command: string[]) =>
      runCommand([...command, '--upload-dir', uploadDir], { ...who, cwd: '/' });
    const check = async () => {
      const listed = await as(MEMBER, 'list', '--json');
      assert.equal(listed.code, 0, listed.stderr);
      assert.equal(JSON.parse(listed.stdout).uploads.length, 2);
      assert.equal((await as(MEMBER, 'inspect', id)).code, 0);
      assert.equal((await as(MEMBER, 'cleanup', '--dry-run', '--no-orphans')).code, 0);
      assert.equal((await as(STRANGER, 'list')).code, 77);
    };
    await check();
    if (!cleans) {
      const refused = await as(MEMBER, 'cleanup', '--older-than', '1ms');
      assert.notEqual(refused.code, 0);
      assert.doesNotMatch(refused.stderr, /should not have happened/);
    }
    assert.equal(await daemon.stop(), 0);
    await check();
    if (!cleans) return;
    const cleaned = await as(MEMBER, 'cleanup', '--older-than', '1ms', '--json');
    assert.equal(JSON.parse(cleaned.stdout).summary.removed, 1);
    // What the member's command left behind is no obstacle.
    const again = await startDaemon(t, args);
    assert.equal(await again.stop(), 0);
  });
}

test('a group that does not exist or may not be used is an error, and nothing is created', {
  skip: NOT_ROOT,
}, async (t) => {
  const folder = sharedFolder(t);
  const serve = (...args: string[]) =>
    runCommand(['serve', '--port', '0', '--upload-dir', join(folder, 'a', 'b'), ...args], {
      ...DAEMON,
      cwd: '/',
    });
  const unknown = await serve('--file-group', 'no-such-group');
  assert.equal(unknown.code, 64);
  assert.match(unknown.stderr, /there is no group "no-such-group"/);
  const foreign = await serve('--file-group', String(GROUP));
  assert.equal(foreign.code, 77);
  assert.match(foreign.stderr, /not permitted to give .* to the group 47100/);
  for (const bad of ['0755', '0400', '640x', '8', '']) {
    assert.equal((await serve('--file-mode', bad)).code, 64, bad);
  }
  assert.equal((await serve('--directory-mode', '0600')).code, 64);
  assert.deepEqual(Object.keys(modesIn(folder)), ['.']);
});

test('commands read a copy that cannot be written', { skip: NOT_ROOT }, async (t) => {
  const folder = sharedFolder(t);
  const uploadDir = join(folder, 'uploads');
  const daemon = await startDaemon(t, ['--upload-dir', uploadDir]);
  const id = await upload(daemon.url);
  const live = join(folder, 'live');
  cpSync(uploadDir, live, { recursive: true });
  assert.equal(await daemon.stop(), 0);
  const clean = join(folder, 'clean');
  cpSync(uploadDir, clean, { recursive: true });
  for (const copy of [live, clean]) {
    for (const name of Object.keys(modesIn(copy)).toReversed()) {
      const path = join(copy, name);
      chmodSync(path, statSync(path).isDirectory() ? 0o555 : 0o444);
    }
    const before = modesIn(copy);
    const run = (...args: string[]) =>
      runCommand([...args, '--upload-dir', copy], { ...STRANGER, cwd: '/' });
    const listed = await run('list', '--json');
    assert.equal(listed.code, 0, listed.stderr);
    assert.deepEqual(
      JSON.parse(listed.stdout).uploads.map((one: { id: string }) => one.id),
      [id],
    );
    for (const args of [['inspect', id], ['verify'], ['hooks', 'list'], ['cleanup', '--dry-run']]) {
      const { code, stderr } = await run(...args);
      assert.equal(code, 0, `${args.join(' ')}: ${stderr}`);
    }
    const cleanup = await run('cleanup', '--completed', '--older-than', '1ms');
    assert.notEqual(cleanup.code, 0, 'nothing is removed from a copy of the catalog');
    assert.doesNotMatch(cleanup.stderr, /should not have happened/);
    assert.deepEqual(modesIn(copy), before);
  }
});

test('a lost permission is one sentence in the log, and no stack', {
  skip: NOT_ROOT,
}, async (t) => {
  const uploadDir = join(sharedFolder(t), 'uploads');
  const daemon = await startDaemon(t, ['--upload-dir', uploadDir], { ...DAEMON, cwd: '/' });
  const target = foreignTarget(daemon.url);
  chownSync(join(uploadDir, 'tus'), 0, 0);
  for (let count = 0; count < 5; count++) {
    const { status, body } = await create(target, { 'Upload-Length': '10' });
    assert.deepEqual([status, String(body)], [500, 'the server could not do this\n']);
  }
  const told = daemon.output().match(/not permitted \(EACCES\) while making a data file\. Give/g);
  assert.equal(told?.length, 1, daemon.output());
  assert.doesNotMatch(daemon.output(), /^ +at /m);
  chownSync(join(uploadDir, 'tus'), DAEMON.uid, DAEMON.gid);
  await upload(daemon.url);
  assert.equal(await daemon.stop(), 0);
});

test('a working directory that is gone or unreadable does not matter', {
  skip: NOT_ROOT,
}, async (t) => {
  const folder = sharedFolder(t);
  const locked = join(folder, 'locked');
  mkdirSync(locked, { mode: 0 });
  chownSync(locked, 0, 0);
  const uploadDir = join(folder, 'uploads');
  // Entered as root, then run as somebody who may not look into it.
  const args = ['--upload-dir', uploadDir];
  const daemon = await startDaemon(t, args, { ...DAEMON, cwd: locked });
  assert.equal(await daemon.stop(), 0);
  for (const command of ['list', 'cleanup', 'verify', 'config']) {
    const { code, stderr } = await runCommand([command, ...args], { ...DAEMON, cwd: locked });
    assert.equal(code, 0, `${command}: ${stderr}`);
  }
  const relative = await runCommand(['serve', '--port', '0'], { ...DAEMON, cwd: locked });
  assert.equal(relative.code, 77, relative.stderr);
});
