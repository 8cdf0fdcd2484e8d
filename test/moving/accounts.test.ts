import assert from 'node:assert/strict';
import { chmodSync, chownSync, lstatSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { foreignTarget } from '../../conformance/target.ts';
import { append, begin, offsetOf } from '../../conformance/tus.ts';
import { DAEMON, NOT_ROOT, STRANGER, sharedFolder } from '../support/accounts.ts';
import { runCommand, startDaemon } from '../support/command.ts';
import { sha256Of, sha256OfUrl } from '../support/files.ts';
import { tusdUpload } from './support/foreign.ts';

const idOf = (url: string) => url.slice(url.lastIndexOf('/') + 1);

/** What in a directory belongs to somebody else. */
const foreignIn = (folder: string) =>
  ['.', ...(readdirSync(folder, { recursive: true }) as string[])].filter(
    (name) => lstatSync(join(folder, name)).uid !== DAEMON.uid,
  );

test("what root backs up and restores is the daemon's", { skip: NOT_ROOT }, async (t) => {
  const folder = sharedFolder(t);
  const [uploadDir, backup, restored] = ['uploads', 'backup', 'restored'].map((name) =>
    join(folder, name),
  ) as [string, string, string];
  const first = await startDaemon(t, ['--upload-dir', uploadDir], DAEMON);
  const target = foreignTarget(first.url);
  const whole = await begin(target, { 'Upload-Length': '3' });
  await append(target, whole, 0, Buffer.from('abc'));
  const half = await begin(target, { 'Upload-Length': '6' });
  await append(target, half, 0, Buffer.from('abc'));
  for (const how of ['copy', 'auto']) {
    const made = await runCommand(['backup', '--upload-dir', uploadDir, '--how', how, backup]);
    assert.equal(made.code, 0, made.stderr);
  }
  assert.deepEqual(foreignIn(backup), []);
  await first.stop();
  const { code, stderr } = await runCommand(['restore', '--how', 'copy', backup, restored]);
  assert.equal(code, 0, stderr);
  assert.deepEqual(foreignIn(restored), []);
  const second = await startDaemon(t, ['--upload-dir', restored], DAEMON);
  const again = foreignTarget(second.url);
  const resumed = second.url + idOf(half);
  assert.equal(await offsetOf(again, resumed), 3);
  await append(again, resumed, 3, Buffer.from('def'));
  assert.equal(await sha256OfUrl(resumed), sha256Of(Buffer.from('abcdef')));
  assert.equal(await sha256OfUrl(second.url + idOf(whole)), sha256Of(Buffer.from('abc')));
  // The daemon's user goes on with the backup that root has begun.
  const own = await runCommand(['backup', '--upload-dir', restored, backup], DAEMON);
  assert.equal(own.code, 0, own.stderr);
});

test("what root imports is the daemon's, however it gets in", { skip: NOT_ROOT }, async (t) => {
  const folder = sharedFolder(t);
  const uploadDir = join(folder, 'uploads');
  const daemon = await startDaemon(t, ['--upload-dir', uploadDir], DAEMON);
  const target = foreignTarget(daemon.url);
  const on = ['--upload-dir', uploadDir, '--min-free-space', '0'];
  for (const how of ['copy', 'link', 'rename']) {
    const source = sharedFolder(t);
    tusdUpload(source, `${how}-whole`, 'whole');
    tusdUpload(source, `${how}-half`, 'half', { Size: 6 });
    for (const name of readdirSync(source)) {
      chownSync(join(source, name), STRANGER.uid, STRANGER.gid);
      chmodSync(join(source, name), 0o600);
    }
    const { code, stderr } = await runCommand(['import', ...on, '--how', how, source]);
    assert.equal(code, 0, stderr);
    assert.equal(await sha256OfUrl(`${daemon.url}${how}-whole`), sha256Of(Buffer.from('whole')));
    await append(target, `${daemon.url}${how}-half`, 4, Buffer.from('++'));
  }
  assert.deepEqual(foreignIn(uploadDir), []);
});

test('files that may not be read are named, and the rest is imported', {
  skip: NOT_ROOT,
}, async (t) => {
  const folder = sharedFolder(t);
  const uploadDir = join(folder, 'uploads');
  const source = sharedFolder(t);
  tusdUpload(source, 'good', 'good');
  tusdUpload(source, 'secret', 'secret');
  writeFileSync(join(source, 'closed.info'), '{"ID":"closed","Size":1}');
  for (const name of ['secret', 'closed.info']) chmodSync(join(source, name), 0o600);
  const args = ['import', '--upload-dir', uploadDir, '--min-free-space', '0', source];
  const { code, stdout } = await runCommand(args, DAEMON);
  assert.equal(code, 1);
  assert.match(stdout, /secret\.info: its file cannot be read \(EACCES\)/);
  assert.match(stdout, /closed\.info: it is no description/);
  assert.match(stdout, /1 finished upload and 0 unfinished imported .*, 2 not imported/);
  // Files of others may be read here, but not be linked or removed.
  rmSync(join(source, 'secret.info'));
  rmSync(join(source, 'closed.info'));
  tusdUpload(source, 'foreign', 'foreign');
  chmodSync(source, 0o755);
  const moved = await runCommand([...args, '--how', 'rename'], DAEMON);
  assert.equal(moved.code, 77, moved.stdout);
  assert.match(moved.stderr, /foreign cannot be removed \(EACCES\)/);
  const again = await runCommand(args, DAEMON);
  assert.match(again.stdout, /, 2 here already/);
});
