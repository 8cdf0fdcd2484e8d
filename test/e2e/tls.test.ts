import assert from 'node:assert/strict';
import { once } from 'node:events';
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { Agent, type RequestOptions, request } from 'node:https';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { connect } from 'node:tls';
import { makeCertificate } from '../support/certificate.ts';
import { runCli } from '../support/cli-host.ts';
import { cleanEnvironment, type Daemon, runCommand, startDaemon } from '../support/command.ts';
import { temporaryFolder } from '../support/temporary.ts';
import { needing } from '../support/tools.ts';
import { until } from '../support/until.ts';

const OPENSSL = needing('openssl');
const LARGE = Buffer.alloc(3 * 1024 * 1024, 'the bytes of a large body, all in their order. ');
const TUS = { 'Tus-Resumable': '1.0.0' };
const STREAM = { 'Content-Type': 'application/offset+octet-stream' };

interface Reply {
  readonly status: number;
  readonly headers: Record<string, string | string[] | undefined>;
  readonly body: Buffer;
}

async function ask(
  url: string,
  method: string,
  headers: Record<string, string> = {},
  { body, ...options }: RequestOptions & { body?: Buffer } = {},
): Promise<Reply> {
  const sent = request(url, { method, headers, rejectUnauthorized: false, ...options });
  sent.end(body);
  const [response] = await once(sent, 'response');
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk);
  const { statusCode: status, headers: received } = response;
  return { status, headers: received, body: Buffer.concat(chunks) };
}

/** The common name of the certificate that a client gets who asks for this host. */
async function certificateFor(daemon: Daemon, servername: string): Promise<string> {
  const port = Number(new URL(daemon.url).port);
  const socket = connect({ port, host: '127.0.0.1', servername, rejectUnauthorized: false });
  await once(socket, 'secureConnect');
  const { subject } = socket.getPeerCertificate();
  socket.destroy();
  return String(subject.CN);
}

async function served(t: TestContext, ...args: string[]) {
  const cwd = temporaryFolder(t);
  const { cert, key } = makeCertificate(cwd, 'first', ['localhost', 'first.example']);
  const tls = ['--tls-certificate', cert, '--tls-key', key];
  const daemon = await startDaemon(t, [...tls, ...args], { cwd });
  return { cwd, cert, key, daemon };
}

test('uploads, downloads and commands work over HTTPS', OPENSSL, async (t) => {
  const { cwd, daemon } = await served(t);
  assert.match(daemon.url, /^https:\/\//);
  const created = await ask(daemon.url, 'POST', {
    ...TUS,
    'Upload-Length': String(LARGE.length),
  });
  assert.equal(created.status, 201);
  assert.equal(created.headers['strict-transport-security'], 'max-age=15552000');
  const url = new URL(String(created.headers.location), daemon.url).href;
  const half = LARGE.length / 2;
  for (const from of [0, half]) {
    const headers = { ...TUS, ...STREAM, 'Upload-Offset': String(from) };
    const body = LARGE.subarray(from, from + half);
    const reply = await ask(url, 'PATCH', headers, { body });
    assert.deepEqual([reply.status, reply.headers['upload-offset']], [204, String(from + half)]);
  }
  assert.ok((await ask(url, 'GET')).body.equals(LARGE));
  assert.equal(await daemon.stop(), 0);
  assert.equal((await runCommand(['verify'], { cwd })).code, 0);
});

test(
  'clients get the certificate of the name they ask for, and the first one otherwise',
  OPENSSL,
  async (t) => {
    const folder = temporaryFolder(t);
    const second = makeCertificate(folder, 'second', ['second.example', '*.wild.example']);
    const { daemon } = await served(t, '--tls-certificate', second.cert, '--tls-key', second.key);
    assert.equal(await certificateFor(daemon, 'first.example'), 'first');
    assert.equal(await certificateFor(daemon, 'second.example'), 'second');
    assert.equal(await certificateFor(daemon, 'SECOND.example'), 'second');
    assert.equal(await certificateFor(daemon, 'a.wild.example'), 'second');
    assert.equal(await certificateFor(daemon, 'unknown.example'), 'first');
    assert.equal(await certificateFor(daemon, ''), 'first');
  },
);

test('a reload serves renewed certificates, and drops no connection', OPENSSL, async (t) => {
  const { cwd, cert, key, daemon } = await served(t);
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  t.after(() => agent.destroy());
  const created = await ask(
    daemon.url,
    'POST',
    { ...TUS, 'Upload-Length': String(LARGE.length) },
    { agent },
  );
  const url = new URL(String(created.headers.location), daemon.url).href;
  const sent = request(url, {
    ...{ method: 'PATCH', rejectUnauthorized: false },
    headers: { ...TUS, ...STREAM, 'Upload-Offset': '0', 'Content-Length': LARGE.length },
  });
  sent.write(LARGE.subarray(0, 1000));
  const renewed = makeCertificate(cwd, 'renewed', ['localhost', 'first.example']);
  copyFileSync(renewed.cert, cert);
  copyFileSync(renewed.key, key);
  daemon.child.kill('SIGHUP');
  for (const name of ['first.example', '']) {
    const what = `the new certificate for "${name}"`;
    await until(what, async () => (await certificateFor(daemon, name)) === 'renewed');
  }
  sent.end(LARGE.subarray(1000));
  const [answer] = await once(sent, 'response');
  assert.equal(answer.statusCode, 204);
  answer.resume();
  const head = request(url, { method: 'HEAD', headers: TUS, agent, rejectUnauthorized: false });
  head.end();
  const [reply] = await once(head, 'response');
  reply.resume();
  assert.equal(head.reusedSocket, true);
  // A broken file is refused, and the old certificate stays.
  const before = daemon.output().length;
  writeFileSync(cert, 'not a certificate');
  daemon.child.kill('SIGHUP');
  await until('the refusal', () => daemon.output().slice(before).includes('certificate in PEM'));
  assert.equal(await certificateFor(daemon, 'first.example'), 'renewed');
  assert.equal(await daemon.stop(), 0);
});

test(
  'a start without a usable certificate names the file and what is wrong',
  OPENSSL,
  async (t) => {
    const cwd = temporaryFolder(t);
    const { cert, key } = makeCertificate(cwd, 'one', ['localhost']);
    const other = makeCertificate(cwd, 'other', ['localhost']);
    const empty = join(cwd, 'empty.pem');
    writeFileSync(empty, '');
    const wrong: [string[], RegExp][] = [
      [['--tls-certificate', join(cwd, 'none.pem')], /none\.pem cannot be read \(ENOENT\)/],
      [['--tls-certificate', cwd], /cannot be read \(EISDIR\)/],
      [['--tls-certificate', empty], /empty\.pem has no certificate in PEM/],
      [['--tls-certificate', cert], /one\.pem has no private key/],
      [['--tls-certificate', cert, '--tls-key', other.key], /one\.pem has no private key/],
      [['--tls-certificate', cert, '--tls-key', empty], /empty\.pem has no private key in PEM/],
      [['--tls-key', key], /no tlsCertificates/],
    ];
    for (const [args, sentence] of wrong) {
      const { code, stderr } = await runCommand(['serve', '--port', '0', ...args], { cwd });
      assert.equal(code, 78, args.join(' '));
      assert.match(stderr, sentence);
      assert.doesNotMatch(stderr, /PRIVATE KEY-----/);
      const check = ['serve', '--check', '--port', '0', ...args];
      const checked = await runCli(check, { cwd, env: cleanEnvironment() });
      assert.equal(checked.code, 78);
      assert.match(checked.stdout, sentence);
    }
  },
);

test('a key may stand in the file of its certificate', OPENSSL, async (t) => {
  const cwd = temporaryFolder(t);
  const { cert, key } = makeCertificate(cwd, 'one', ['localhost'], 3);
  const both = join(cwd, 'both.pem');
  writeFileSync(both, readFileSync(cert, 'utf8') + readFileSync(key, 'utf8'));
  const args = ['--tls-certificate', both, '--hsts-days', 'never'];
  const daemon = await startDaemon(t, args, { cwd });
  const reply = await ask(daemon.url, 'OPTIONS');
  assert.equal(reply.status, 204);
  assert.equal(reply.headers['strict-transport-security'], undefined);
  assert.match(daemon.output(), /both\.pem expires in/);
});

test('plain HTTP at the TLS port, and half a handshake, harm nobody', OPENSSL, async (t) => {
  const { daemon } = await served(t);
  const plain = daemon.url.replace('https', 'http');
  await assert.rejects(fetch(plain));
  const port = Number(new URL(daemon.url).port);
  const { connect: connectPlain } = await import('node:net');
  const socket = connectPlain(port, '127.0.0.1');
  socket.on('error', () => {});
  socket.write(Buffer.from([22, 3, 1, 255, 255, 0, 0]));
  assert.equal((await ask(daemon.url, 'OPTIONS')).status, 204);
  socket.destroy();
  assert.equal(await daemon.stop(), 0);
});
