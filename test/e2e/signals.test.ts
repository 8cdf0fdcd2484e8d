import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readdirSync, writeFileSync } from 'node:fs';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { foreignTarget } from '../../conformance/target.ts';
import { append, begin } from '../../conformance/tus.ts';
import { cleanEnvironment, NODE_ARGS, runCommand, startDaemon } from '../support/command.ts';
import { temporaryFolder } from '../support/temporary.ts';
import { until } from '../support/until.ts';

const LARGE = 64 * 1024 * 1024;

async function largeUpload(url: string): Promise<string> {
  const target = foreignTarget(url);
  const made = await begin(target, { 'Upload-Length': String(LARGE) });
  await append(target, made, 0, Buffer.alloc(LARGE, 97));
  return made;
}

/** A download whose reader has taken nothing but the headers. */
async function download(url: string): Promise<IncomingMessage> {
  const request = httpRequest(url, { agent: false });
  request.end();
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  response.on('error', () => {});
  return response;
}

test('signals that are not for stopping are logged and ignored', async (t) => {
  const daemon = await startDaemon(t, ['--upload-dir', temporaryFolder(t)]);
  const logged = ['SIGUSR1', 'SIGUSR2', 'SIGALRM', 'SIGVTALRM', 'SIGIO', 'SIGPWR'] as const;
  for (const name of [...logged, 'SIGPIPE', 'SIGXFSZ'] as const) daemon.child.kill(name);
  for (const name of logged) {
    await until(`it logs ${name}`, () => daemon.output().includes(`${name} is ignored`));
  }
  assert.doesNotMatch(daemon.output(), /Debugger listening/);
  assert.equal((await fetch(daemon.url, { method: 'OPTIONS' })).status, 204);
  assert.equal(await daemon.stop(), 0);
});

test('SIGQUIT stops like SIGTERM', async (t) => {
  const daemon = await startDaemon(t, ['--upload-dir', temporaryFolder(t)]);
  daemon.child.kill('SIGQUIT');
  await until('it has ended', () => daemon.child.exitCode !== null);
  assert.equal(daemon.child.exitCode, 0);
  assert.match(daemon.output(), /stopped\n$/);
});

test('a download comes to its end within drainTimeout', async (t) => {
  const args = ['--upload-dir', temporaryFolder(t), '--drain-timeout', '60s'];
  const daemon = await startDaemon(t, args);
  const response = await download(await largeUpload(daemon.url));
  const stopped = daemon.stop();
  await until('it stops', () => daemon.output().includes('stopping:'));
  // Longer than an answer takes to be read: what cut downloads before.
  await new Promise((resolve) => setTimeout(resolve, 2_000));
  let received = 0;
  response.on('data', (chunk: Buffer) => (received += chunk.length));
  await once(response, 'close');
  assert.equal(received, LARGE);
  assert.equal(await stopped, 0);
});

test('a download that takes longer is cut, and the daemon ends', async (t) => {
  const args = ['--upload-dir', temporaryFolder(t), '--drain-timeout', '100ms'];
  const daemon = await startDaemon(t, args);
  const response = await download(await largeUpload(daemon.url));
  assert.equal(await daemon.stop(), 0);
  response.resume();
  await until('it is cut', () => response.destroyed || response.complete);
  assert.equal(response.complete, false);
});

test('while draining, idle connections close and new requests get 503', async (t) => {
  const args = ['--upload-dir', temporaryFolder(t), '--drain-timeout', '60s'];
  const daemon = await startDaemon(t, args);
  const { port, pathname } = new URL(daemon.url);
  const made = await begin(foreignTarget(daemon.url), { 'Upload-Length': '3' });
  const idle = connect(Number(port), '127.0.0.1');
  await once(idle, 'connect');
  let idleClosed = false;
  idle.on('close', () => {
    idleClosed = true;
  });
  idle.resume();
  const wire = connect(Number(port), '127.0.0.1');
  let text = '';
  wire.setEncoding('utf8').on('data', (more) => (text += more));
  const path = pathname + made.slice(daemon.url.length);
  wire.write(
    `PATCH ${path} HTTP/1.1\r\nHost: a\r\nTus-Resumable: 1.0.0\r\nUpload-Offset: 0\r\nContent-Type: application/offset+octet-stream\r\nContent-Length: 3\r\n\r\na`,
  );
  const offset = async () => (await fetch(made, { method: 'HEAD' })).headers.get('upload-offset');
  await until('a byte is there', async () => (await offset()) === '1');
  const stopped = daemon.stop();
  await until('it stops', () => daemon.output().includes('stopping:'));
  await until('the idle connection is closed', () => idleClosed);
  wire.write(`bcHEAD ${path} HTTP/1.1\r\nHost: a\r\nTus-Resumable: 1.0.0\r\n\r\n`);
  await until('the connection is closed', () => wire.destroyed || wire.readableEnded);
  assert.match(text, /^HTTP\/1\.1 204 [\s\S]*Upload-Offset: 3/i);
  assert.match(text, /Connection: close/i);
  wire.destroy();
  assert.equal(await stopped, 0);
});

test('a log reader that stops reading delays neither requests nor the end of the process', async (t) => {
  const args = [...NODE_ARGS, 'serve', '--port', '0', '--upload-dir', temporaryFolder(t)];
  const child = spawn(process.execPath, args, {
    env: cleanEnvironment(),
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  t.after(() => child.kill('SIGKILL'));
  let text = '';
  child.stdout.setEncoding('utf8').on('data', (more) => (text += more));
  const ready = () => /ready at (\S+)/.exec(text)?.[1];
  const url = await until('the ready line', ready, 60_000);
  child.stdout.pause();
  for (let round = 0; round < 20; round++) {
    const one = () => fetch(`${url}${'x'.repeat(200)}`, { method: 'HEAD' });
    const answers = await Promise.all(Array.from({ length: 50 }, one));
    assert.ok(answers.every(({ status }) => status === 404));
  }
  child.kill('SIGTERM');
  await until('it has ended', () => child.exitCode !== null, 60_000);
  assert.equal(child.exitCode, 0);
});

test('a log that cannot be written, or that nobody reads, stops nothing', async (t) => {
  for (const kind of ['full', 'closed'] as const) {
    const portFile = join(temporaryFolder(t), 'config.json');
    const free = await startDaemon(t, ['--upload-dir', temporaryFolder(t)]);
    const { port } = new URL(free.url);
    assert.equal(await free.stop(), 0);
    writeFileSync(portFile, JSON.stringify({ port: Number(port) }));
    const fd = kind === 'full' ? openSync('/dev/full', 'w') : null;
    const args = [...NODE_ARGS, 'serve', '--config', portFile, '--upload-dir', temporaryFolder(t)];
    const child = spawn(process.execPath, args, {
      env: cleanEnvironment(),
      stdio: ['ignore', fd ?? 'pipe', 'ignore'],
    });
    t.after(() => child.kill('SIGKILL'));
    if (fd !== null) closeSync(fd);
    child.stdout?.destroy();
    const url = `http://127.0.0.1:${port}/uploads/files/`;
    const status = () =>
      fetch(url, { method: 'OPTIONS' }).then(
        (answer) => answer.status,
        () => 0,
      );
    await until('it answers', async () => (await status()) === 204, 60_000);
    for (let count = 0; count < 20; count++) assert.equal(await status(), 204);
    child.kill('SIGTERM');
    await until('it has ended', () => child.exitCode !== null, 60_000);
    assert.equal(child.exitCode, 0, kind);
  }
});

test('serve that cannot listen, or is configured wrongly, leaves nothing behind', async (t) => {
  const running = await startDaemon(t, ['--upload-dir', temporaryFolder(t)]);
  const { port } = new URL(running.url);
  const cwd = temporaryFolder(t);
  for (const [args, code] of [
    [['--port', port], 69],
    [['--port', '0', '--host', '203.0.113.77'], 69],
    [['--port', '0', '--file-group', 'no-such-group'], 64],
    [['--port', '0', '--retention-days', 'x'], 64],
  ] as const) {
    const run = await runCommand(['serve', ...args], { cwd });
    assert.equal(run.code, code, run.stderr);
    assert.deepEqual(readdirSync(cwd), []);
  }
  assert.equal(await running.stop(), 0);
});
