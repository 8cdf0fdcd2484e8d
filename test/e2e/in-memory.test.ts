import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { foreignTarget } from '../../conformance/target.ts';
import {
  append,
  ask,
  begin,
  create,
  head,
  offsetOf,
  patchHeaders,
  readBack,
  sample,
} from '../../conformance/tus.ts';
import { startReceiver } from '../hooks/support/receiver.ts';
import { runCommand, startDaemon } from '../support/command.ts';
import { temporaryFolder } from '../support/temporary.ts';
import { until } from '../support/until.ts';

const CONFIG = 'upload-daemon.config.json';
const ON = ['--upload-dir', ':memory:'];

test('a daemon in memory serves uploads and leaves nothing behind', async (t) => {
  const cwd = temporaryFolder(t);
  const daemon = await startDaemon(t, ON, { cwd });
  const [, files] = daemon.output().split('\n');
  assert.match(
    files ?? '',
    /^ {2}files {3}in memory, nothing is kept when the daemon ends · .+ free$/,
  );
  const target = foreignTarget(daemon.url);
  const content = sample(300_000);
  const url = await begin(target, { 'Upload-Length': String(content.length) });
  await append(target, url, 0, content.subarray(0, 100_001));
  assert.equal(await offsetOf(target, url), 100_001);
  await append(target, url, 100_001, content.subarray(100_001));
  assert.deepEqual(await readBack(target, url), content);
  const part = await ask(target, 'GET', url, { headers: { Range: 'bytes=65530-65545' } });
  assert.equal(part.status, 206);
  assert.deepEqual(Buffer.from(part.body), content.subarray(65_530, 65_546));
  assert.equal((await ask(target, 'DELETE', url)).status, 204);
  assert.equal((await head(target, url)).status, 410);
  assert.equal(await daemon.stop(), 0);
  assert.deepEqual(readdirSync(cwd), []);
});

test('in memory a wrong checksum leaves nothing, and parts are joined', async (t) => {
  const daemon = await startDaemon(t, ON, { cwd: temporaryFolder(t) });
  const target = foreignTarget(daemon.url);
  const [first, second] = [sample(70_000, 1), sample(70_000, 2)];
  const parts: string[] = [];
  for (const content of [first, second]) {
    const url = await begin(target, { 'Upload-Length': '70000', 'Upload-Concat': 'partial' });
    const checksum = (of: Buffer) => `sha1 ${createHash('sha1').update(of).digest('base64')}`;
    const sent = (of: Buffer) =>
      ask(target, 'PATCH', url, {
        headers: patchHeaders(0, { 'Upload-Checksum': checksum(of) }),
        body: content,
      });
    assert.equal((await sent(Buffer.from('another'))).status, 460);
    assert.equal(await offsetOf(target, url), 0);
    assert.equal((await sent(content)).status, 204);
    parts.push(new URL(url).pathname);
  }
  const final = await begin(target, { 'Upload-Concat': `final;${parts.join(' ')}` });
  assert.deepEqual(await readBack(target, final), Buffer.concat([first, second]));
});

test('hooks get events of uploads in memory, without a path', async (t) => {
  const cwd = temporaryFolder(t);
  const receiver = await startReceiver(t);
  const events = ['pre-create', 'post-create', 'post-finish', 'post-terminate'];
  const hook = { type: 'http', name: 'app', url: receiver.url, events };
  writeFileSync(join(cwd, CONFIG), JSON.stringify({ uploadDir: ':memory:', hooks: [hook] }));
  const daemon = await startDaemon(t, [], { cwd });
  const target = foreignTarget(daemon.url);
  const url = await begin(target, { 'Upload-Length': '3' });
  await append(target, url, 0, Buffer.from('abc'));
  await ask(target, 'DELETE', url);
  await until('all events', () => receiver.received.length === events.length);
  const told = receiver.received.map(({ payload }) => [payload.Type, payload.Event.Upload.Storage]);
  const storage = { Type: 'memorystore', Path: '' };
  assert.deepEqual(
    told,
    events.map((event) => [event, event === 'pre-create' ? null : storage]),
  );
  assert.equal(await daemon.stop(), 0);
  assert.deepEqual(readdirSync(cwd), [CONFIG]);
});

test('in memory what is larger than the memory is refused at once', async (t) => {
  const args = [...ON, '--min-free-space', 'off', '--log-format', 'json'];
  const daemon = await startDaemon(t, args, { cwd: temporaryFolder(t) });
  const { folder, persistent, freeSpace } = JSON.parse(daemon.output().split('\n')[0] ?? '');
  assert.deepEqual([folder, persistent], [':memory:', false]);
  const target = foreignTarget(daemon.url);
  const reply = await create(target, { 'Upload-Length': String(freeSpace + 1) });
  assert.equal(reply.status, 507);
  await begin(target, { 'Upload-Length': '1' });
});

test('a daemon in memory drains and stops while a client uploads', async (t) => {
  const args = [...ON, '--drain-timeout', '0s'];
  const daemon = await startDaemon(t, args, { cwd: temporaryFolder(t) });
  const target = foreignTarget(daemon.url);
  const url = await begin(target, { 'Upload-Length': '1000000' });
  const body = new ReadableStream({ start: (controller) => controller.enqueue(sample(1000)) });
  const headers = { ...patchHeaders(0), 'Tus-Resumable': '1.0.0' } as Record<string, string>;
  const request = fetch(url, { method: 'PATCH', headers, body, duplex: 'half' });
  request.catch(() => {});
  await until('some bytes', async () => (await offsetOf(target, url)) > 0);
  assert.equal(await daemon.stop(), 0);
});

test('commands say that they cannot look into a daemon, and make no directory', async (t) => {
  const cwd = temporaryFolder(t);
  for (const line of [
    'list',
    'inspect abc',
    'verify',
    'cleanup',
    'remove abc --yes',
    'hooks list',
  ]) {
    const { code, stdout, stderr } = await runCommand([...line.split(' '), ...ON], { cwd });
    assert.deepEqual(
      [code, stdout, stderr],
      [
        78,
        '',
        `tusd-ts: the upload directory is :memory:, which only its daemon can see.
  Commands need a daemon with a directory: --upload-dir
`,
      ],
      line,
    );
  }
  const { stdout } = await runCommand(['config', ...ON], { cwd });
  assert.match(stdout, /^uploadDir +:memory: +flag +--upload-dir$/m);
  assert.deepEqual(readdirSync(cwd), []);
});

test('another spelling is refused, and a path that looks like it is a path', async (t) => {
  const cwd = temporaryFolder(t);
  for (const spelling of [':memory', ':MEMORY:', ' :memory:']) {
    const { code, stderr } = await runCommand(['serve', '--upload-dir', spelling], { cwd });
    assert.equal(code, 64);
    assert.match(stderr, /to keep uploads in memory, write ":memory:"/);
  }
  const daemon = await startDaemon(t, ['--upload-dir', './:memory:'], { cwd });
  assert.ok(existsSync(join(cwd, ':memory:', 'catalog.db')));
  assert.equal(await daemon.stop(), 0);
});
