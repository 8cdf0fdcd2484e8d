import assert from 'node:assert/strict';
import { existsSync, readdirSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { foreignTarget, type Target } from '../../conformance/target.ts';
import { append, ask, begin, create, head, OFFSET_STREAM, patch } from '../../conformance/tus.ts';
import { Wire, WireError } from '../../conformance/wire.ts';
import { runCommand, startDaemon } from '../support/command.ts';
import { commandsOn } from '../support/commands.ts';
import { temporaryFolder } from '../support/temporary.ts';
import { until } from '../support/until.ts';
import { hostileRequest, type RawRequest } from './hostile-request.ts';

/** Milliseconds; a request that is complete is answered sooner. */
const PATIENCE = 400;

const base64 = (value: string | Buffer) => Buffer.from(value).toString('base64');

test('malformed ids are 404, whatever they are made of', async (t) => {
  const folder = temporaryFolder(t);
  const daemon = await startDaemon(t, ['--upload-dir', join(folder, 'uploads')]);
  const target = foreignTarget(daemon.url);
  const real = await begin(target, { 'Upload-Length': '5' });
  const id = real.slice(daemon.url.length);
  const ids = [
    ...['../catalog.db', '../../etc/passwd', '..%2Fcatalog.db', '%2e%2e/catalog.db', '..', '.'],
    ...['a%00b', '%00', `${id}%00`, `${id}%2F`, `${id}/`, `%2F${id}`, `./${id}`, `x/../${id}`],
    ...['catalog.db', '.hidden', '-rf', '%', '%zz', '%ff%fe', '~', '*', '\\..\\catalog.db'],
    ...['__proto__', 'constructor', 'ticket-1', 'a'.repeat(128), 'a'.repeat(5_000)],
    ...[id.slice(0, -1), id.toUpperCase().replace(/^\d+$/, 'X'), `${id}?x=1`.replace('?', '%3F')],
  ].filter((one) => one !== id);
  for (const one of ids) {
    const url = daemon.url + one;
    const shown = one.slice(0, 40);
    for (const method of ['HEAD', 'GET', 'DELETE']) {
      assert.equal((await ask(target, method, url)).status, 404, `${method} ${shown}`);
    }
    assert.equal((await patch(target, url, 0, Buffer.from('x'))).status, 404, `PATCH ${shown}`);
    const inspected = { 'Upload-Concat': `final;${one}` };
    const joined = await create(target, inspected);
    assert.equal(joined.status, 400, `Upload-Concat ${shown}`);
  }
  assert.deepEqual(readdirSync(folder), ['uploads']);
  assert.deepEqual(readdirSync(join(folder, 'uploads', 'tus')), [id]);
  await append(target, real, 0, Buffer.from('whole'));
  assert.equal(String((await ask(target, 'GET', `${real}?download=1`)).body), 'whole');

  const named = ['../catalog.db', 'a%00b', 'a'.repeat(5_000), '\u202Ex'];
  const commands = named.map((one) => {
    return runCommand(['inspect', '--upload-dir', join(folder, 'uploads'), one]);
  });
  for (const found of await Promise.all(commands)) {
    assert.equal(found.code, 66, found.stderr);
    assert.match(found.stderr, /^tusd-ts: no upload begins with ".*"\.?\n/);
    assert.doesNotMatch(found.stderr, /[\u202E\x1b]/);
    assert.ok(found.stderr.length < 300);
  }
  assert.equal(await daemon.stop(), 0);
});

test('hostile metadata comes back byte for byte and does no harm', async (t) => {
  const folder = temporaryFolder(t);
  const commands = commandsOn(folder);
  const daemon = await startDaemon(t, ['--upload-dir', folder]);
  const target = foreignTarget(daemon.url);
  const binary = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte));
  const hostile = [
    `filename ${base64('a\x1b[2J\x07\r\nb\u202Egpj.exe\u200B\u2066')}`,
    `__proto__ ${base64('{"polluted":true}')}`,
    `constructor ${base64('x')}`,
    `toString`,
    `binary ${base64(binary)}`,
    `invalid-utf8 ${base64(Buffer.from([0xff, 0xfe, 0xc0, 0x80]))}`,
    `empty `,
    `filetype ${base64('text/html\r\nX-Evil: 1')}`,
    `Filename ${base64('../../x')}`,
  ].join(',');
  const url = await begin(target, { 'Upload-Length': '1', 'Upload-Metadata': hostile });
  assert.equal((await head(target, url)).headers.get('upload-metadata'), hostile);
  await append(target, url, 0, Buffer.from('x'));
  assert.equal((await head(target, url)).headers.get('upload-metadata'), hostile);
  const got = await ask(target, 'GET', url);
  assert.deepEqual([got.status, got.headers.has('x-evil')], [200, false]);

  const { metadata } = await commands.inspect(url);
  const binaryPair = metadata.find(({ key }) => key === 'binary');
  assert.deepEqual(Buffer.from(binaryPair?.base64 ?? '', 'base64'), binary);
  assert.ok(metadata.some(({ key, text }) => key === '__proto__' && text === '{"polluted":true}'));
  assert.equal(metadata.length, 9);

  const told = [['list'], ['inspect', url], ['cleanup', '--dry-run']].map((args) => {
    return runCommand([...args, '--upload-dir', folder]);
  });
  for (const { code, stdout } of await Promise.all(told)) {
    assert.equal(code, 0);
    assertHarmless(stdout);
  }
  assertHarmless(daemon.output());

  for (const [metadata, why] of [
    ['filename not-base64!', 'a value that is not Base64'],
    ['filename YQ==,filename Yg==', 'a key that stands twice'],
    ['a YQ==, Yg==', 'a value without a key'],
    ['f\u00fcr YQ==', 'a key beyond ASCII'],
    ['a YQ== YQ==', 'a pair of three'],
  ] as const) {
    const refused = await create(target, { 'Upload-Length': '1', 'Upload-Metadata': metadata });
    assert.equal(refused.status, 400, why);
  }
  const long = `filename ${base64('n'.repeat(9_000))}`;
  const kept = await begin(target, { 'Upload-Length': '1', 'Upload-Metadata': long });
  assert.equal((await head(target, kept)).headers.get('upload-metadata'), long);
  const huge = { 'Upload-Length': '1', 'Upload-Metadata': `a ${base64('n'.repeat(60_000))}` };
  assert.equal((await create(target, huge)).status, 431);
  assert.equal((await commands.list()).length, 2);
  assert.equal(await daemon.stop(), 0);
});

/** Nothing that moves a terminal's cursor, rings its bell, or turns its text around. */
function assertHarmless(printed: string): void {
  assert.doesNotMatch(
    printed,
    /[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2066-\u2069]/,
  );
}

test('no request of any kind is answered with a 5xx, ends the daemon or leaks a descriptor', async (t) => {
  const folder = temporaryFolder(t);
  const daemon = await startDaemon(t, [
    ...['--upload-dir', folder, '--idle-timeout', '2s', '--headers-timeout', '5s'],
    ...['--log-format', 'json'],
  ]);
  const target: Target = { ...foreignTarget(daemon.url), limitMs: 15_000 };
  /** What the requests are aimed at, in the order of hostileRequest; some of them remove it. */
  const makeUploads = async () => {
    const part = { 'Upload-Length': '0', 'Upload-Concat': 'partial' };
    const small = { body: Buffer.from('abc'), headers: { 'Content-Type': OFFSET_STREAM } };
    const urls = await Promise.all([
      begin(target, { 'Upload-Length': '1000' }),
      begin(target, { 'Upload-Length': '3' }, small),
      begin(target, part),
    ]);
    return [daemon.url, ...urls].map((url) => new URL(url).pathname);
  };
  const open = () => openThings(daemon.child.pid ?? 0, join(folder, 'tus'));
  const before = open();

  const statuses = new Map<number | string, number>();
  const property = fc.asyncProperty(
    fc.array(hostileRequest, { minLength: 8, maxLength: 12 }),
    async (makers) => {
      const paths = await makeUploads();
      const requests = makers.map((make) => make(paths));
      const answers = await Promise.all(requests.map((request) => send(target, request)));
      for (const [index, status] of answers.entries()) {
        statuses.set(status, (statuses.get(status) ?? 0) + 1);
        // Only a transfer coding that is not ours, and a body that the disk has no room for.
        const bad = typeof status === 'number' && status >= 500 && ![501, 507].includes(status);
        assert.ok(!bad, `${status} for ${JSON.stringify(requests[index])}`);
      }
      assert.equal(daemon.child.exitCode, null, daemon.output().slice(-2_000));
    },
  );
  await fc.assert(property, { numRuns: 250, interruptAfterTimeLimit: 8_000 });

  const sum = [...statuses.values()].reduce((all, count) => all + count, 0);
  t.diagnostic(`${sum} requests: ${JSON.stringify(Object.fromEntries(statuses))}`);
  for (const status of [200, 201, 204, 400, 404]) {
    assert.ok(statuses.has(status), `no request was answered with ${status}`);
  }
  const url = await begin(target, { 'Upload-Length': '3' });
  await append(target, url, 0, Buffer.from('abc'));
  if (before !== null) {
    await until('no connection and no file is left open', () => (open() ?? 0) <= before);
  }
  assert.equal(await daemon.stop(), 0);
  const lines = daemon.output().trim().split('\n');
  const bad = lines
    .map((line) => JSON.parse(line))
    .filter(
      ({ level, status }) => level === 'error' || (status >= 500 && ![501, 507].includes(status)),
    );
  assert.deepEqual(bad, [], 'nor when the answer was not read');
});

/** How many sockets and data files a process has open; null where the system does not tell. */
function openThings(pid: number, folder: string): number | null {
  const descriptors = `/proc/${pid}/fd`;
  if (!existsSync(descriptors)) return null;
  const targets = readdirSync(descriptors).map((fd) => {
    try {
      return readlinkSync(join(descriptors, fd));
    } catch {
      return '';
    }
  });
  return targets.filter((to) => to.startsWith('socket:') || to.startsWith(`${folder}/`)).length;
}

/** Sends a request and no byte more; the status, or how it ended without one. */
async function send(t: Target, { method, path, headers, body, ending }: RawRequest) {
  const wire = await Wire.open(t.url, t.limitMs);
  try {
    const host = new URL(t.url).host;
    wire.head(method, path, [['Host', host], ...headers]);
    wire.write(body);
    if (ending === 'reset') {
      wire.reset();
      return 'reset';
    }
    return (await wire.reply(PATIENCE)).status;
  } catch (error) {
    // What is not answered is waiting for more of the request, or the connection was cut.
    if (error instanceof WireError) return error.kind;
    throw error;
  } finally {
    wire.close();
  }
}
