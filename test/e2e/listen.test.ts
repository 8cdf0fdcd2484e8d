import assert from 'node:assert/strict';
import { once } from 'node:events';
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { Agent, request as httpRequest, type IncomingMessage } from 'node:http';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { runCommand, startDaemon } from '../support/command.ts';
import { temporaryFolder } from '../support/temporary.ts';
import { until } from '../support/until.ts';

const RESUMABLE = { 'Tus-Resumable': '1.0.0' };

interface Asking {
  readonly method?: string;
  readonly headers?: Record<string, string>;
  readonly body?: Buffer | string;
}

/** One request over a unix socket. */
async function askSocket(
  socketPath: string,
  path: string,
  { method = 'OPTIONS', headers = {}, body }: Asking = {},
): Promise<IncomingMessage> {
  const request = httpRequest({ socketPath, path, method, headers, agent: false });
  request.end(body);
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  response.resume();
  return response;
}

/** The status of a creation whose answer repeats its long headers. */
async function statusOf(url: string, headers: Record<string, string>): Promise<number | undefined> {
  const options = { method: 'POST', headers: { ...RESUMABLE, ...headers }, maxHeaderSize: 65_536 };
  const request = httpRequest(url, options);
  request.end();
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  response.resume();
  return response.statusCode;
}

test('one daemon serves a port, IPv6 and a unix socket, the same uploads on all of them', async (t) => {
  const folder = temporaryFolder(t);
  const socket = join(folder, 'http.sock');
  const listen = ['--listen', '127.0.0.1:0', '--listen', '[::1]:0', '--listen', `unix:${socket}`];
  const daemon = await startDaemon(t, [...listen, '--trusted-proxy', 'unix'], { cwd: folder });
  const six = /also at (http:\/\/\[::1\]:\d+\S+)/.exec(daemon.output())?.[1];
  assert.ok(six, daemon.output());
  assert.ok(daemon.output().includes(`also at unix:${socket}:/uploads/files/\n`));
  assert.equal(statSync(socket).mode & 0o777, 0o660);

  const body = Buffer.alloc(300_000, 'a large body is read from its socket ');
  const made = await askSocket(socket, '/uploads/files/', {
    method: 'POST',
    headers: {
      ...RESUMABLE,
      'Upload-Length': String(body.length),
      'Content-Type': 'application/offset+octet-stream',
      'X-Forwarded-For': '203.0.113.9',
      'X-Forwarded-Proto': 'https',
      'X-Forwarded-Host': 'up.example',
    },
    body,
  });
  const location = made.headers.location ?? '';
  assert.match(location, /^https:\/\/up\.example\/uploads\/files\//);
  const id = location.slice(location.lastIndexOf('/') + 1);
  for (const url of [daemon.url, six]) {
    const got = await (await fetch(url + id)).arrayBuffer();
    assert.ok(Buffer.from(got).equals(body), url);
  }
  await until('the proxied address is logged', () => daemon.output().includes('203.0.113.9'));
  assert.equal(await daemon.stop(), 0);
  assert.equal(existsSync(socket), false);
});

test('without trust, a client at a unix socket is called unix', async (t) => {
  const folder = temporaryFolder(t);
  const socket = join(folder, 'http.sock');
  const args = ['--listen', '127.0.0.1:0', '--listen', 'unix:http.sock', '--socket-mode', '0600'];
  const daemon = await startDaemon(t, args, { cwd: folder });
  assert.equal(statSync(socket).mode & 0o777, 0o600);
  const headers = { ...RESUMABLE, 'Upload-Length': '3', 'X-Forwarded-For': '203.0.113.9' };
  const made = await askSocket(socket, '/uploads/files/', { method: 'POST', headers });
  assert.match(made.headers.location ?? '', /^\/uploads\/files\//);
  await until('the request is logged', () => /POST .*\bunix\b/.test(daemon.output()));
  assert.doesNotMatch(daemon.output(), /POST .*203\.0\.113\.9/);
});

test('a socket that was left behind is replaced; a living one, and a file, are not', async (t) => {
  const folder = temporaryFolder(t);
  const socket = join(folder, 'http.sock');
  const args = ['--listen', '127.0.0.1:0', '--listen', `unix:${socket}`];
  const first = await startDaemon(t, [...args, '--upload-dir', join(folder, 'a')]);
  const second = ['serve', ...args, '--upload-dir', join(folder, 'b')];
  const refused = await runCommand(second, { cwd: folder });
  assert.equal(refused.code, 69, refused.stderr);
  assert.ok(refused.stderr.includes(`the socket ${socket} is already in use`), refused.stderr);
  assert.equal(existsSync(join(folder, 'b')), false);
  assert.equal((await askSocket(socket, '/uploads/files/')).statusCode, 204);
  await first.kill();
  assert.ok(existsSync(socket));
  const next = await startDaemon(t, [...args, '--upload-dir', join(folder, 'a')]);
  assert.equal((await askSocket(socket, '/uploads/files/')).statusCode, 204);
  assert.equal(await next.stop(), 0);

  writeFileSync(socket, 'precious');
  const kept = await runCommand(second, { cwd: folder });
  assert.equal(kept.code, 69);
  assert.match(kept.stderr, /it is not a socket/);
  assert.equal(readFileSync(socket, 'utf8'), 'precious');
});

test('if one address cannot be had, none is, and the sentence names it', async (t) => {
  const cwd = temporaryFolder(t);
  const running = await startDaemon(t, ['--upload-dir', temporaryFolder(t)]);
  const { port } = new URL(running.url);
  const run = (...listen: string[]) =>
    runCommand(['serve', ...listen.flatMap((one) => ['--listen', one])], { cwd });
  const taken = await run('unix:./one.sock', `127.0.0.1:${port}`);
  assert.equal(taken.code, 69);
  assert.ok(taken.stderr.includes(`port ${port} on 127.0.0.1 is already in use`));
  assert.equal(existsSync(join(cwd, 'one.sock')), false);
  const missing = await run('unix:./no/such/folder.sock');
  assert.equal(missing.code, 69);
  assert.match(missing.stderr, /cannot listen on unix:.*folder\.sock: .*\n.*directory must exist/);
  const long = await run(`unix:./${'x'.repeat(120)}`);
  assert.equal(long.code, 64);
  assert.match(long.stderr, /at most 107 bytes/);
});

test('addresses that make no sense are refused, and so are two ways to say one thing', async (t) => {
  const cwd = temporaryFolder(t);
  for (const address of [
    '1080',
    ':1080',
    '::1:1080',
    '127.0.0.1',
    'unix:',
    'a b:1',
    '[::1]:70000',
  ]) {
    const { code, stderr } = await runCommand(['serve', '--listen', address], { cwd });
    assert.equal(code, 64, address);
    assert.match(stderr, /it must be a (host and a port|path)/, address);
  }
  const both = await runCommand(['serve', '--listen', '127.0.0.1:0', '--port', '0'], { cwd });
  assert.equal(both.code, 78);
  assert.match(both.stderr, /port \(--port\) does not go with listen \(--listen\)/);
});

test('a final upload of 250 parts with absolute URLs gets in; the limit of headers is a setting', async (t) => {
  const folder = temporaryFolder(t);
  const base = 'https://uploads.a-rather-long-name-of-a-department.example.com/uploads/files/';
  const daemon = await startDaemon(t, ['--public-url', base, '--upload-dir', folder]);
  const create = (url: string, headers: Record<string, string>) =>
    fetch(url, { method: 'POST', headers: { ...RESUMABLE, ...headers } });
  const parts: string[] = [];
  for (let count = 0; count < 250; count += 1) {
    const made = await create(daemon.url, { 'Upload-Length': '0', 'Upload-Concat': 'partial' });
    parts.push(made.headers.get('location')!);
  }
  const concat = { 'Upload-Concat': `final;${parts.join(' ')}` };
  assert.ok(concat['Upload-Concat'].length > 16_384, 'more than the default of node:http');
  // The default of Node's client is 16 KiB, too.
  const made = await create(daemon.url, concat);
  assert.equal(made.status, 201);
  const ids = parts.map((url) => url.slice(base.length));
  assert.equal(made.headers.get('upload-concat'), `final;${ids.join(' ')}`);
  const final = daemon.url + made.headers.get('location')!.slice(base.length);
  const plain = await fetch(final, { method: 'HEAD' });
  assert.deepEqual([plain.status, plain.headers.get('upload-concat')], [200, null]);
  const asked = httpRequest(final, { method: 'HEAD', headers: RESUMABLE, maxHeaderSize: 65_536 });
  asked.end();
  const [head] = (await once(asked, 'response')) as [IncomingMessage];
  assert.equal(head.headers['upload-concat'], concat['Upload-Concat'], 'as it was sent');
  head.resume();
  assert.equal(await daemon.stop(), 0);
  const small = await startDaemon(t, ['--max-header-size', '8KiB', '--upload-dir', folder]);
  assert.equal(await statusOf(small.url, concat), 431);
});

test('an idle connection is kept for longer than proxies keep theirs, as far as it is configured', async (t) => {
  const daemon = await startDaemon(t, ['--upload-dir', temporaryFolder(t)]);
  const kept = await fetch(daemon.url, { method: 'OPTIONS' });
  assert.equal(kept.headers.get('keep-alive'), 'timeout=75');
  const short = await startDaemon(t, [
    ...['--keep-alive-timeout', '1s', '--upload-dir', temporaryFolder(t)],
  ]);
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const { port, pathname } = new URL(short.url);
  const request = httpRequest({ agent, port, path: pathname, method: 'OPTIONS' });
  request.end();
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  response.resume();
  const socket = request.socket!;
  await until('it is closed', () => socket.destroyed || socket.readableEnded);
  agent.destroy();
});

test('a start that everyone can reach without a login is warned of, however it is configured', async (t) => {
  const warned = async (...args: string[]) => {
    const daemon = await startDaemon(t, args, { cwd: temporaryFolder(t) });
    await daemon.stop();
    return /anyone who reaches (\S+) may upload/.exec(daemon.output())?.[1];
  };
  assert.equal(await warned('--host', '0.0.0.0'), '0.0.0.0');
  assert.equal(await warned('--listen', '127.0.0.1:0', '--listen', '0.0.0.0:0'), '0.0.0.0');
  assert.equal(await warned('--listen', '127.0.0.1:0', '--listen', 'unix:a.sock'), undefined);
});

test('connections are counted over all addresses together', async (t) => {
  const args = ['--listen', '127.0.0.1:0', '--listen', '[::1]:0', '--max-connections', '2'];
  const daemon = await startDaemon(t, [...args, '--upload-dir', temporaryFolder(t)]);
  const ports = [...daemon.output().matchAll(/at http:\/\/\S+?:(\d+)\//g)].map(([, port]) => port);
  const open = async (host: string, port: string | undefined) => {
    const socket = connect(Number(port), host).on('error', () => {});
    await once(socket, 'connect');
    return socket;
  };
  // Answered: the daemon has accepted them.
  const answered = async (socket: Socket) => {
    socket.write('OPTIONS /uploads/files/ HTTP/1.1\r\nHost: a\r\n\r\n');
    await once(socket, 'data');
  };
  await answered(await open('127.0.0.1', ports[0]));
  await answered(await open('::1', ports[1]));
  for (const [host, port] of [
    ['127.0.0.1', ports[0]],
    ['::1', ports[1]],
  ] as const) {
    const third = (await open(host, port)).resume();
    await until('it is turned away', () => third.destroyed);
  }
  await until('the log line', () => /turned away: 2 are open/.test(daemon.output()));
  assert.equal(await daemon.stop(), 0);
});
