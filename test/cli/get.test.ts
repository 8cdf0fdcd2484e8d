import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { stockTarget } from '../../conformance/servers/stock-target.ts';
import { startDaemon } from '../support/command.ts';
import { makeFile, sha256Of, sha256OfFile } from '../support/files.ts';
import { temporaryFolder } from '../support/temporary.ts';
import { type TransferPlace, transferPlace } from '../support/transfer.ts';
import { until } from '../support/until.ts';

const MIB = 2 ** 20;

type Serve = (request: IncomingMessage, response: ServerResponse) => void;

async function startServer(test: Pick<TestContext, 'after'>, serve: Serve): Promise<string> {
  const server = createServer(serve).listen(0, '127.0.0.1');
  await once(server, 'listening');
  test.after(() => {
    server.close();
    server.closeAllConnections();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/files/24e5`;
}

/** Serves `bytes` with ranges, and cuts every answer after `most` bytes. */
function ranged(bytes: Buffer, etag: string, most = Number.POSITIVE_INFINITY): Serve {
  return ({ headers }, response) => {
    const from =
      headers['if-range'] === etag ? Number(/\d+/.exec(headers.range ?? '')?.[0] ?? 0) : 0;
    response.writeHead(from > 0 ? 206 : 200, {
      ETag: etag,
      'Content-Length': bytes.length - from,
      ...(from > 0 ? { 'Content-Range': `bytes ${from}-${bytes.length - 1}/${bytes.length}` } : {}),
    });
    const part = bytes.subarray(from, from + most);
    response.write(part, () => {
      if (from + part.length === bytes.length) response.end();
      else setImmediate(() => response.destroy());
    });
  };
}

test('get fetches from the real daemon', async (t) => {
  const daemon = await startDaemon(t, ['--upload-dir', temporaryFolder(t)]);
  const place = transferPlace(t);
  const { folder } = place;
  const file = await makeFile(folder, 'Größe & Maß.bin', 20 * MIB + 3);
  const url = (await place.run(['put', 'Größe & Maß.bin', daemon.url])).stdout.trim();
  mkdirSync(join(folder, 'sub'));

  await t.test('under the name that the server gives, in the folder that was named', async () => {
    const { code, stdout, stderr } = await place.start(['get', url, 'sub']).ended;
    assert.deepEqual({ code, stderr }, { code: 0, stderr: '' });
    const path = join(folder, 'sub', 'Größe & Maß.bin');
    assert.equal(stdout, `${path}\n`);
    assert.equal(await sha256OfFile(path), file.sha256);
    assert.deepEqual(readdirSync(join(folder, 'sub')), ['Größe & Maß.bin']);
  });

  await t.test('what is there is replaced with --force only', async () => {
    writeFileSync(join(folder, 'there.bin'), 'mine');
    const refused = await place.run(['get', url, 'there.bin']);
    assert.equal(refused.code, 1);
    assert.match(refused.stderr, /there\.bin is there already.\n.*--force/);
    assert.equal(readFileSync(join(folder, 'there.bin'), 'utf8'), 'mine');
    assert.equal((await place.run(['get', url])).code, 1);
    assert.equal((await place.run(['get', url, 'there.bin', '--force'])).code, 0);
    assert.equal(await sha256OfFile(join(folder, 'there.bin')), file.sha256);
  });

  for (const signal of ['SIGINT', 'SIGKILL'] as const) {
    await t.test(`after ${signal} the same command continues`, async () => {
      const args = ['get', url, `${signal}.bin`, '--json'];
      const part = join(folder, `${signal}.bin.part`);
      const first = place.start([...args, '--limit-rate', '4MiB']);
      await until('some has come', () => existsSync(part) && statSync(part).size > MIB);
      first.signal(signal);
      assert.equal((await first.ended).code, signal === 'SIGINT' ? 130 : null);
      assert.equal(existsSync(join(folder, `${signal}.bin`)), false);
      const have = statSync(part).size;
      assert.ok(have < file.size);
      const { code, stdout } = await place.run([...args, '--limit-rate', '400MiB']);
      assert.equal(code, 0);
      assert.match(stdout, /"compared":"crc32"/);
      assert.equal(await sha256OfFile(join(folder, `${signal}.bin`)), file.sha256);
      assert.equal(existsSync(part), false);
      assert.match(daemon.output(), /GET +206 .*/);
    });
  }

  await t.test('to standard output, as it is', async () => {
    await makeFile(folder, 'text', 0);
    const made = await place.run(['put', '-', daemon.url], 'text of a stream');
    const { code, stdout } = await place.start(['get', made.stdout.trim(), '-']).ended;
    assert.deepEqual({ code, stdout }, { code: 0, stdout: 'text of a stream' });
  });

  await t.test('what is not there is not made', async () => {
    const { code, stderr } = await place.run(['get', `${daemon.url}nothing`, 'x']);
    assert.equal(code, 66);
    assert.match(stderr, /answered 404/);
    assert.equal(existsSync(join(folder, 'x.part')), false);
    assert.equal((await place.run(['get', url, 'no/folder/x'])).code, 66);
  });
});

test('get fetches from stock @tus/server', async (t) => {
  const stock = await stockTarget();
  t.after(() => stock.close?.());
  const place = transferPlace(t);
  const file = await makeFile(place.folder, 'file.bin', MIB + 3);
  const { stdout } = await place.run(['put', 'file.bin', stock.url.replace(/\/$/, '')]);
  assert.equal((await place.run(['get', stdout.trim(), 'copy.bin'])).code, 0);
  assert.equal(await sha256OfFile(join(place.folder, 'copy.bin')), file.sha256);
});

test('connections that are cut cost nothing where the server knows ranges', async (t) => {
  const bytes = Buffer.alloc(5 * MIB, 'abcdefg');
  const url = await startServer(t, ranged(bytes, '"v1"', MIB));
  const place = transferPlace(t);
  const { code, stderr } = await place.run(['get', url, 'a.bin']);
  assert.equal(code, 0, stderr);
  assert.equal(await sha256OfFile(join(place.folder, 'a.bin')), sha256Of(bytes));
  assert.match(stderr, /again in .*: fetching: .* the connection was cut/);
});

/** Begins to get `a.bin`, and ends the command when some of it has come. */
async function getAndInterrupt(place: TransferPlace, url: string): Promise<void> {
  const first = place.start(['get', url, 'a.bin', '--limit-rate', '512KiB']);
  const part = join(place.folder, 'a.bin.part');
  await until('some has come', () => existsSync(part) && statSync(part).size > 1000);
  first.signal('SIGTERM');
  assert.equal((await first.ended).code, 143);
}

test('another version at the server is fetched from its beginning', async (t) => {
  const old = Buffer.alloc(3 * MIB, 'old');
  const now = Buffer.alloc(2 * MIB, 'new');
  let serve = ranged(old, '"old"', MIB);
  const url = await startServer(t, (request, response) => serve(request, response));
  const place = transferPlace(t);
  await getAndInterrupt(place, url);
  serve = ranged(now, '"new"');
  assert.equal((await place.run(['get', url, 'a.bin'])).code, 0);
  assert.equal(await sha256OfFile(join(place.folder, 'a.bin')), sha256Of(now));
});

test('get believes no server that contradicts itself, and leaves no half file', async (t) => {
  const bytes = Buffer.alloc(1000, 'x');
  const wrongCrc = '"24e5-0"';
  for (const [name, serve, code] of [
    ['206 without a range asked for', (_, res) => res.writeHead(206).end(bytes), 76],
    ['a CRC-32 that is another', ranged(bytes, wrongCrc), 1],
    ['compressed', (_, res) => res.writeHead(200, { 'Content-Encoding': 'gzip' }).end(bytes), 76],
    ['not finished', (_, res) => res.writeHead(409).end('not finished'), 1],
    ['forbidden', (_, res) => res.writeHead(403).end(), 77],
  ] as readonly (readonly [string, Serve, number])[]) {
    await t.test(name, async (t) => {
      const url = await startServer(t, serve);
      const place = transferPlace(t);
      const seen = await place.run(['get', url, 'a.bin']);
      assert.equal(seen.code, code, seen.stderr);
      assert.equal(existsSync(join(place.folder, 'a.bin')), false);
    });
  }
  await t.test('a 206 from another offset', async (t) => {
    const whole = ranged(Buffer.alloc(3 * MIB), '"v1"', MIB);
    const url = await startServer(t, (request, response) => {
      if (!request.headers.range) return whole(request, response);
      response.writeHead(206, { ETag: '"v1"', 'Content-Range': `bytes 0-9/${3 * MIB}` });
      response.end(Buffer.alloc(10));
    });
    const place = transferPlace(t);
    const seen = await place.run(['get', url, 'a.bin']);
    assert.equal(seen.code, 76, seen.stderr);
    assert.match(seen.stderr, /asked for bytes from \d+ on/);
    assert.equal(existsSync(join(place.folder, 'a.bin')), false);
  });
});

test('a part that is not known to be ours is not overwritten', async (t) => {
  const url = await startServer(t, ranged(Buffer.from('content'), '"v1"'));
  const place = transferPlace(t);
  const part = join(place.folder, 'a.txt.part');
  writeFileSync(part, 'mine');
  const refused = await place.run(['get', url, 'a.txt']);
  assert.equal(refused.code, 1);
  assert.match(refused.stderr, /a\.txt\.part is there, and nothing is known of it/);
  assert.equal(readFileSync(part, 'utf8'), 'mine');
  assert.equal((await place.run(['get', url, 'a.txt', '--force'])).code, 0);
});

test('--force replaces files, and nothing else', async (t) => {
  const url = await startServer(t, ranged(Buffer.from('content'), '"v1"'));
  const place = transferPlace(t);
  const at = (...names: string[]) => join(place.folder, ...names);
  mkdirSync(at('folder', '24e5'), { recursive: true });
  execFileSync('mkfifo', [at('pipe')]);
  for (const target of ['pipe', 'folder', '/dev/null']) {
    const { code, stderr } = await place.run(['get', url, target, '--force']);
    assert.equal(code, 1, stderr);
    assert.match(stderr, /is not a file, and is not replaced/);
  }
  assert.deepEqual(readdirSync(at('folder')), ['24e5']);
  // A link is replaced, and not what it leads to: neither under the name nor under that of the part.
  writeFileSync(at('victim'), 'victim');
  symlinkSync('victim', at('link'));
  symlinkSync('victim', at('link.part'));
  const { code, stderr } = await place.run(['get', url, 'link', '--force']);
  assert.equal(code, 0, stderr);
  assert.equal(readFileSync(at('victim'), 'utf8'), 'victim');
  assert.equal(lstatSync(at('link')).isFile(), true);
  assert.equal(readFileSync(at('link'), 'utf8'), 'content');
});

test('a name may be as long as the file system allows', async (t) => {
  const url = await startServer(t, ranged(Buffer.from('content'), '"v1"'));
  const place = transferPlace(t);
  for (const name of ['n'.repeat(255), `${'\u{1f600}'.repeat(63)}.x`]) {
    const { code, stderr } = await place.run(['get', url, name]);
    assert.equal(code, 0, stderr);
    assert.equal(readFileSync(join(place.folder, name), 'utf8'), 'content');
  }
});

test('servers without If-Range that have another version by now are asked for all of it', async (t) => {
  const now = Buffer.from('short');
  for (const [name, answer] of [
    ['a 206 of another version', [206, { ETag: '"new"', 'Content-Range': 'bytes 4-4/5' }]],
    ['a 206 of another size', [206, { 'Content-Range': 'bytes 4-4/5' }]],
    ['a 416, as it is shorter', [416, { 'Content-Range': 'bytes */5' }]],
  ] as const) {
    await t.test(name, async (t) => {
      let serve = ranged(Buffer.alloc(3 * MIB, 'old'), '"old"', MIB);
      const url = await startServer(t, (request, response) => serve(request, response));
      const place = transferPlace(t);
      await getAndInterrupt(place, url);
      serve = ({ headers }, response) => {
        if (headers.range) response.writeHead(answer[0], answer[1]).end('t');
        else response.writeHead(200, { ETag: '"new"', 'Content-Length': 5 }).end(now);
      };
      const { code, stderr } = await place.run(['get', url, 'a.bin']);
      assert.equal(code, 0, stderr);
      assert.equal(readFileSync(join(place.folder, 'a.bin'), 'utf8'), 'short');
    });
  }
});

test('a 416 behind the last byte of a file of unknown size means that all has come', async (t) => {
  const bytes = Buffer.alloc(MIB, 'x');
  let cut = true;
  const url = await startServer(t, ({ headers }, response) => {
    if (headers.range) {
      return void response.writeHead(416, { 'Content-Range': `bytes */${MIB}` }).end();
    }
    response.writeHead(200, { ETag: '"v1"' });
    response.write(bytes, () => (cut ? setImmediate(() => response.destroy()) : response.end()));
    cut = false;
  });
  const place = transferPlace(t);
  const { code, stderr } = await place.run(['get', url, 'a.bin']);
  assert.equal(code, 0, stderr);
  assert.equal(await sha256OfFile(join(place.folder, 'a.bin')), sha256Of(bytes));
});

test('with --json a failure is an event as well', async (t) => {
  const url = await startServer(t, (_, response) => response.writeHead(404).end());
  const { code, stdout } = await transferPlace(t).run(['get', url, 'a.bin', '--json']);
  assert.equal(code, 66);
  const events = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  assert.deepEqual(
    events.map(({ event, error }) => [event, error?.code]),
    [
      ['begin', undefined],
      ['failed', 'NOT_FOUND'],
    ],
  );
});
