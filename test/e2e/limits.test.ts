import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { foreignTarget } from '../../conformance/target.ts';
import { append, ask, begin, create, head, patch } from '../../conformance/tus.ts';
import { runCommand, startDaemon } from '../support/command.ts';
import { temporaryFolder } from '../support/temporary.ts';
import { until } from '../support/until.ts';

const MIB = 1024 * 1024;

async function served(t: TestContext, ...args: string[]) {
  const cwd = temporaryFolder(t);
  const daemon = await startDaemon(t, args, { cwd });
  const target = foreignTarget(daemon.url);
  const fileOf = (url: string) => join(cwd, 'uploads', 'tus', url.slice(daemon.url.length));
  return { cwd, daemon, target, fileOf };
}

/** Longer than `directBodies`, so that it is read from its socket. */
const LARGE = Buffer.alloc(MIB, 'the bytes of a large body, all in their order. ');

for (const chunked of [false, true]) {
  const path = chunked ? 'in chunks' : 'of known length';
  test(`a body ${path} that meets the limit of the day keeps its bytes and can be resumed`, async (t) => {
    const { cwd, daemon, target, fileOf } = await served(t, '--max-bytes-per-day', '600KiB');
    const url = await begin(target, { 'Upload-Length': String(LARGE.length) });
    const origin = { Origin: 'https://app.example.org' };
    const refused = await patch(target, url, 0, LARGE, { chunked, headers: origin });
    assert.equal(refused.status, 429);
    assert.equal(refused.headers.get('upload-offset'), String(600 * 1024));
    assert.ok(Number(refused.headers.get('retry-after')) > 0);
    assert.equal(refused.headers.get('access-control-allow-origin'), '*');
    const exposed = refused.headers.get('access-control-expose-headers') ?? '';
    for (const name of ['Retry-After', 'Upload-Offset']) assert.ok(exposed.includes(name), name);
    assert.match(refused.body.toString(), /continued tomorrow/);
    assert.equal((await head(target, url)).headers.get('upload-offset'), String(600 * 1024));
    assert.deepEqual(readFileSync(fileOf(url)), LARGE.subarray(0, 600 * 1024));
    assert.equal((await create(target, { 'Upload-Length': '5' })).status, 429);
    assert.equal(await daemon.stop(), 0);

    const shown = await runCommand(['inspect', url.slice(daemon.url.length)], { cwd });
    assert.match(shown.stdout, /a limit was met/);
    const free = await startDaemon(t, [], { cwd });
    const moved = url.replace(daemon.url, free.url);
    await append(foreignTarget(free.url), moved, 600 * 1024, LARGE.subarray(600 * 1024));
    assert.deepEqual(readFileSync(fileOf(url)), LARGE);
  });
}

test('an upload beyond the total for the storage gets 507', async (t) => {
  const { target } = await served(t, '--max-total-size', '1MiB');
  const url = await begin(target, { 'Upload-Length': String(MIB) });
  const refused = await create(target, { 'Upload-Length': '1' });
  assert.equal(refused.status, 507);
  assert.match(refused.body.toString(), /no room for this upload/);
  assert.equal((await ask(target, 'DELETE', url)).status, 204);
  await begin(target, { 'Upload-Length': '1' });
});

test('a client counts by its address as a trusted proxy tells it, whatever others claim', async (t) => {
  const limit = ['--max-open-uploads-per-address', '1'];
  const post = async (target: Parameters<typeof create>[0], from: string) =>
    (await create(target, { 'Upload-Length': '5', 'X-Forwarded-For': from })).status;
  const { target: plain } = await served(t, ...limit);
  assert.equal(await post(plain, '192.0.2.1'), 201);
  assert.equal(await post(plain, '192.0.2.2'), 429);
  const { target: proxied } = await served(t, ...limit, '--trusted-proxy', '127.0.0.1');
  assert.equal(await post(proxied, '192.0.2.1'), 201);
  assert.equal(await post(proxied, '192.0.2.2'), 201);
  assert.equal(await post(proxied, '192.0.2.1'), 429);
  // What stands before the proxy's own entry was written by the client.
  assert.equal(await post(proxied, '192.0.2.99, 192.0.2.2'), 429);
  assert.equal(await post(proxied, '2001:db8::1'), 201);
  assert.equal(await post(proxied, '2001:db8::ffff'), 429);
});

test('what a killed daemon had counted still counts, and nothing counts twice', async (t) => {
  const limit = ['--max-bytes-per-day', '1000', '--max-creations-per-minute', '1000'];
  const { cwd, daemon, target } = await served(t, ...limit);
  const url = await begin(target, { 'Upload-Length': '5000' });
  await append(target, url, 0, Buffer.alloc(600));
  const counted = async () => {
    const { default: Database } = await import('better-sqlite3');
    const catalog = new Database(join(cwd, 'uploads', 'catalog.db'), { readonly: true });
    try {
      const sum = 'SELECT sum(amount) FROM counts WHERE what = ?';
      return catalog.prepare(sum).pluck().get('bytes') === 600;
    } finally {
      catalog.close();
    }
  };
  await until('the bytes to be written down', counted);
  await daemon.kill();
  const next = await startDaemon(t, limit, { cwd });
  const moved = url.replace(daemon.url, next.url);
  const refused = await patch(foreignTarget(next.url), moved, 600, Buffer.alloc(600));
  assert.deepEqual([refused.status, refused.headers.get('upload-offset')], [429, '1000']);
});

for (const chunked of [false, true]) {
  const path = chunked ? 'in chunks' : 'of known length';
  test(`a body ${path} is slowed down, and its client is not taken for silent`, async (t) => {
    // One read may bring 256 KiB, which take longer than the idle timeout.
    const { target, fileOf } = await served(
      t,
      ...['--max-bandwidth-per-connection', '200KiB', '--idle-timeout', '1s'],
    );
    const body = LARGE.subarray(0, MIB / 2);
    const url = await begin(target, { 'Upload-Length': String(body.length) });
    const started = performance.now();
    const reply = await patch(target, url, 0, body, { chunked });
    assert.equal(reply.status, 204);
    // The bandwidth is a promise: less time would break it.
    assert.ok(performance.now() - started > 2_000);
    assert.deepEqual(readFileSync(fileOf(url)), body);
  });
}

test('downloads share the bandwidth, and their clients are not taken for silent', async (t) => {
  // 64 KiB, a piece of a download, take longer than the idle timeout.
  const { target } = await served(t, '--max-bandwidth', '40KiB', '--idle-timeout', '1s');
  const content = LARGE.subarray(0, 96 * 1024);
  const url = await begin(target, { 'Upload-Length': String(content.length) });
  await append(target, url, 0, content);
  const started = performance.now();
  const replies = await Promise.all([ask(target, 'GET', url), ask(target, 'GET', url)]);
  for (const { status, body } of replies) {
    assert.equal(status, 200);
    assert.ok(body.equals(content));
  }
  assert.ok(performance.now() - started > 3_000);
});

test('a limit of 0 or a word that means nothing is refused, with what to write', async (t) => {
  const cwd = temporaryFolder(t);
  const wrong: [string, string][] = [
    ['--max-open-uploads', '0'],
    ['--max-creations-per-minute', '1.5'],
    ['--max-creations-per-minute-per-address', 'many'],
    ['--max-bytes-per-day', '0'],
    ['--max-bandwidth', '-1'],
    ['--max-total-size', '5M'],
  ];
  for (const [flag, value] of wrong) {
    const { code, stderr } = await runCommand(['serve', flag, value], { cwd });
    assert.equal(code, 64, `${flag} ${value}`);
    assert.match(stderr, /must be|ambiguous/);
  }
});
