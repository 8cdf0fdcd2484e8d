import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { statSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { runCommand, startDaemon } from '../support/command.ts';
import { temporaryFolder } from '../support/temporary.ts';
import { until } from '../support/until.ts';
import { askAt, startWatched } from './admin.ts';

test('without adminListen there is none, and the public port knows none of its paths', async (t) => {
  const folder = temporaryFolder(t);
  const daemon = await startDaemon(t, ['--upload-dir', folder, '--log-format', 'json']);
  assert.match(daemon.output(), /"admin":null/);
  for (const path of ['/healthz', '/readyz', '/metrics', '/status']) {
    assert.equal((await fetch(new URL(path, daemon.url))).status, 404, path);
  }
});

test('it answers GET and HEAD of its paths, and nothing else', async (t) => {
  const { ask } = await startWatched(t);
  for (const path of ['/healthz', '/readyz', '/metrics', '/status', '/healthz?x=1']) {
    const got = await ask(path);
    assert.equal(got.status, 200, path);
    assert.equal(got.headers['cache-control'], 'no-store');
    const head = await ask(path, 'HEAD');
    assert.deepEqual([head.status, head.body], [200, '']);
    const posted = await ask(path, 'POST');
    assert.deepEqual([posted.status, posted.headers.allow], [405, 'GET, HEAD']);
  }
  for (const path of ['/', '/healthz/', '/__proto__', '/constructor', '/uploads/files/', '/x%ff']) {
    assert.equal((await ask(path)).status, 404, path);
  }
});

test('an address that others can reach is refused', async (t) => {
  const folder = temporaryFolder(t);
  const args = ['serve', '--upload-dir', folder, '--port', '0', '--admin-listen', '0.0.0.0:0'];
  const { code, stderr } = await runCommand(args, { cwd: folder });
  assert.equal(code, 64);
  assert.match(
    stderr,
    /adminListen is "0\.0\.0\.0:0" as given by --admin-listen: it must be an address of this machine alone/,
  );
});

test('a port that is taken ends the start, and leaves nothing', async (t) => {
  const folder = temporaryFolder(t);
  const { admin } = await startWatched(t);
  const taken = admin.replace('http://', '');
  const args = [
    'serve',
    '--upload-dir',
    join(folder, 'up'),
    '--port',
    '0',
    '--admin-listen',
    taken,
  ];
  const { code, stderr } = await runCommand(args, { cwd: folder });
  assert.equal(code, 69);
  assert.match(stderr, /adminListen: port \d+ on 127\.0\.0\.1 is already in use/);
  assert.throws(() => statSync(join(folder, 'up')), /ENOENT/);
});

test('a unix socket is for the user of the daemon alone, and goes away with it', async (t) => {
  const folder = temporaryFolder(t);
  const path = join(folder, 'admin.sock');
  const args = ['--upload-dir', folder, '--admin-listen', `unix:${path}`];
  const daemon = await startDaemon(t, args);
  assert.equal(statSync(path).mode & 0o777, 0o600);
  assert.equal((await askAt(`unix:${path}`, '/healthz')).status, 200);
  assert.equal(await daemon.stop(), 0);
  assert.throws(() => statSync(path), /ENOENT/);
});

test('a socket that a killed process left is replaced', async (t) => {
  const folder = temporaryFolder(t);
  const path = join(folder, 'admin.sock');
  const code = `require('net').createServer().listen(${JSON.stringify(path)}, () => console.log('up'))`;
  const left = spawn(process.execPath, ['-e', code], { stdio: ['ignore', 'pipe', 'inherit'] });
  await once(left.stdout, 'data');
  left.kill('SIGKILL');
  await once(left, 'exit');
  assert.ok(statSync(path).isSocket());
  await startDaemon(t, ['--upload-dir', folder, '--admin-listen', path]);
  assert.equal((await askAt(`unix:${path}`, '/readyz')).status, 200);
});

test('a socket of a living process, and any other file, is left alone', async (t) => {
  const folder = temporaryFolder(t);
  const path = join(folder, 'admin.sock');
  const file = join(folder, 'file');
  const living = createServer((socket) => socket.end()).listen(path);
  await once(living, 'listening');
  t.after(() => living.close());
  writeFileSync(file, 'precious');
  for (const [taken, why] of [
    [path, 'in use|another process'],
    [file, 'not a socket|no socket'],
  ] as const) {
    const uploadDir = join(folder, 'up');
    const args = ['serve', '--upload-dir', uploadDir, '--port', '0', '--admin-listen', taken];
    const { code, stderr } = await runCommand(args, { cwd: folder });
    assert.equal(code, 69, stderr);
    assert.match(stderr, new RegExp(why));
  }
  assert.ok(statSync(path).isSocket());
  assert.equal(statSync(file).size, 8);
});

test('a scraper that never reads is cut off, and many of them keep nobody else from asking', async (t) => {
  const { admin, ask } = await startWatched(t);
  const { port, hostname } = new URL(admin);
  const head = `GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n`;
  const silent = Array.from({ length: 100 }, () => {
    const socket = connect({ port: Number(port), host: hostname });
    socket.on('error', () => {}).pause();
    // More than the kernel's buffers hold.
    socket.write(head.repeat(100));
    return socket;
  });
  t.after(() => {
    for (const socket of silent) socket.destroy();
  });
  await until(
    'an answer for another one',
    async () => (await ask('/healthz').catch(() => null))?.status === 200,
    60_000,
  );
});
