import assert from 'node:assert/strict';
import { appendFileSync, readdirSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { type FakeTusOptions, startFakeTus } from '../support/fake-tus.ts';
import { makeFile } from '../support/files.ts';
import { transferPlace } from '../support/transfer.ts';

const KIB = 1024;

type Intercept = NonNullable<FakeTusOptions['intercept']>;

/** Answers the first requests of a method like this, in order; null leaves one to the server. */
function first(method: string, ...answers: (readonly [number, Record<string, string>] | null)[]) {
  const waiting = [...answers];
  const intercept: Intercept = (request, response) => {
    if (request.method !== method || waiting.length === 0) return false;
    const answer = waiting.shift()!;
    if (answer === null) return false;
    request.resume();
    response.writeHead(...answer).end();
    return true;
  };
  return intercept;
}

/** Loses all bytes that have come, and refuses the request for its offset. */
const forget: Intercept = (request, response, { uploads }) => {
  for (const upload of uploads.values()) upload.bytes = Buffer.alloc(0);
  request.resume();
  response.writeHead(409).end();
  return true;
};

test('put gets over passing failures of a server', async (t) => {
  for (const [name, intercept] of [
    ['503 with Retry-After', first('PATCH', [503, { 'Retry-After': '1' }])],
    ['500 to the creation', first('POST', [500, {}])],
    ['500 to HEAD', first('HEAD', [500, {}], [502, {}])],
    ['429', first('PATCH', [429, {}])],
    ['423', first('PATCH', [423, {}])],
    ['409', first('PATCH', [409, {}])],
    ['502 to OPTIONS', first('OPTIONS', [502, {}])],
    ['an upload that is gone', first('PATCH', [410, {}])],
  ] as const) {
    await t.test(name, async (t) => {
      const fake = await startFakeTus(t, { intercept });
      const place = transferPlace(t);
      await makeFile(place.folder, 'a.bin', 300 * KIB);
      const { code, stdout, stderr } = await place.run(['put', 'a.bin', fake.url]);
      assert.equal(code, 0, stderr);
      const path = new URL(stdout.trim()).pathname;
      assert.equal(fake.uploads.get(path)?.bytes.length, 300 * KIB);
    });
  }

  await t.test(
    'a server that never recovers is given up; the same command continues',
    async (t) => {
      let broken = true;
      const fake = await startFakeTus(t, {
        async intercept(request, response, { uploads }) {
          if (!broken || request.method !== 'PATCH') return false;
          const upload = uploads.get(request.url!)!;
          if (upload.bytes.length === 0) {
            for await (const block of request) upload.bytes = block as Buffer;
          }
          request.resume();
          response.writeHead(503).end();
          return true;
        },
      });
      const place = transferPlace(t);
      await makeFile(place.folder, 'a.bin', 500 * KIB);
      const given = await place.run(['put', 'a.bin', fake.url, '--retry-for', '2s']);
      assert.equal(given.code, 75);
      assert.match(given.stderr, /sending bytes: the server answered 503; gave up after/);
      broken = false;
      const { code } = await place.run(['put', 'a.bin', fake.url]);
      assert.equal(code, 0);
      assert.equal(fake.uploads.size, 1);
    },
  );
});

test('put says what is wrong, and with which exit code', async (t) => {
  const OFFSET = { 'Upload-Offset': '99999999' };
  for (const [name, intercept, code, message] of [
    ['401', first('POST', [401, {}]), 77, /answered 401.*\n.*--token/s],
    ['403', first('PATCH', [403, {}]), 77, /answered 403/],
    ['413', first('PATCH', [413, {}]), 64, /answered 413.*\n.*--chunk-size/s],
    ['507', first('PATCH', [507, {}]), 74, /answered 507.*\n.*disk of the server/s],
    ['400', first('POST', [400, {}]), 1, /answered 400/],
    ['no Location', first('POST', [201, {}]), 76, /gave no Location/],
    [
      'no HTTP',
      first('POST', [201, { Location: 'ftp://host/1' }]),
      76,
      /ftp:\/\/host\/1 is no HTTP/,
    ],
    ['no Upload-Offset', first('PATCH', [204, {}]), 76, /gave no Upload-Offset/],
    ['an offset beyond the end', first('PATCH', [204, OFFSET]), 76, /claims offset 99999999/],
    ['a negative offset', first('PATCH', [204, { 'Upload-Offset': '-1' }]), 76, /no Upload-Offset/],
    ['no tus', first('OPTIONS', [200, { 'Tus-Resumable': '' }]), 76, /not the upload address/],
    ['303', first('POST', [303, { Location: '/x' }]), 76, /303/],
    ['another scheme', first('POST', [307, { Location: 'ftp://x/' }]), 76, /no HTTP address/],
  ] as const) {
    await t.test(name, async (t) => {
      const fake = await startFakeTus(t, { intercept });
      const place = transferPlace(t);
      await makeFile(place.folder, 'a.bin', 300 * KIB);
      const seen = await place.run(['put', 'a.bin', fake.url]);
      assert.equal(seen.code, code, seen.stderr);
      assert.match(seen.stderr, message);
      assert.equal(seen.stdout, '');
    });
  }

  for (const [args, message] of [
    [['http://127.0.0.1/'], /name what to send/],
    [['a', 'ftp://host/'], /not an address/],
    [['a', 'host'], /not an address/],
    [['a', 'http://h/', '--user', 'anna'], /the password of anna is missing/],
    [['-', 'http://h/', '--user', 'anna'], /standard input is the file/],
    [['a', 'http://h/', '--user', 'a:b', '--token', 'x'], /either --token or --user/],
    [['a', 'http://h/', '--header', 'nonsense'], /--header must be/],
    [['a', 'http://h/', '--header', 'Upload-Offset: 5'], /cannot set/],
    [['a', 'http://h/', '--header', 'X: a\nY: b'], /--header must be/],
    [['a', 'http://h/', '--metadata', 'a b=c'], /--metadata must be/],
    [['a', 'http://h/', '--parallel', '0'], /--parallel must be/],
    [['a', 'http://h/', '--checksum', 'sha3'], /--checksum must be/],
    [['a', 'http://h/', '--expires', '2001-01-01'], /--expires must be/],
    [['a', 'http://h/', '--limit-rate', '0'], /--limit-rate/],
    [['a', 'http://h/', '--cacert', '/dev/null'], /--cacert/],
    [['a', 'http://h/', '--retry-for', '5'], /no unit/],
  ] as const) {
    await t.test(`usage: ${args.join(' ')}`, async (t) => {
      const { code, stderr } = await transferPlace(t).run(['put', ...args]);
      assert.equal(code, 64, stderr);
      assert.match(stderr, message);
    });
  }
});

test('secrets and headers go to the named host, and nowhere else', async (t) => {
  const place = transferPlace(t);
  await makeFile(place.folder, 'a.bin', 10);
  const other = await startFakeTus(t);
  const fake = await startFakeTus(t, {
    intercept: first('POST', null, [307, { Location: other.url }]),
  });
  const flags = ['--token', 'secret', '--header', 'X-Key: key'];
  assert.equal((await place.run(['put', 'a.bin', fake.url, ...flags])).code, 0);
  assert.ok(fake.requests.length > 0);
  for (const { headers } of fake.requests) {
    assert.equal(headers.authorization, 'Bearer secret');
    assert.equal(headers['x-key'], 'key');
  }
  // The other port is another server.
  assert.equal((await place.run(['put', 'a.bin', fake.url, ...flags])).code, 0);
  assert.ok(other.requests.length > 0);
  for (const { headers } of other.requests) {
    assert.equal(headers.authorization, undefined);
    assert.equal(headers['x-key'], undefined);
  }
  const named = fake.url.replace('//', '//anna:p%20w@');
  const seen = fake.requests.length;
  assert.equal((await place.run(['put', 'a.bin', named])).code, 0);
  const basic = `Basic ${Buffer.from('anna:p w').toString('base64')}`;
  assert.equal(fake.requests[seen]?.headers.authorization, basic);
});

test('redirects are followed with the method and the bytes, a circle of them is not', async (t) => {
  for (const status of [301, 302, 307, 308]) {
    const target = await startFakeTus(t);
    const fake = await startFakeTus(t, {
      intercept(request, response) {
        request.resume();
        const path = request.url?.replace(/^\/files/, '') ?? '';
        response.writeHead(status, { Location: target.url + path }).end();
        return true;
      },
    });
    const place = transferPlace(t);
    await makeFile(place.folder, 'a.bin', 400 * KIB);
    const { code, stderr } = await place.run(['put', 'a.bin', fake.url]);
    assert.equal(code, 0, stderr);
    assert.equal(target.uploads.get('/files/1')?.bytes.length, 400 * KIB);
  }
  const circle = await startFakeTus(t, {
    intercept(_, response) {
      response.writeHead(307, { Location: '/files' }).end();
      return true;
    },
  });
  const place = transferPlace(t);
  await makeFile(place.folder, 'a.bin', 1);
  const { code, stderr } = await place.run(['put', 'a.bin', circle.url]);
  assert.equal(code, 76);
  assert.match(stderr, /more than 5 redirects/);
});

test('a file that changes while it is sent fails, and its upload is removed', async (t) => {
  for (const [how, change] of [
    ['shrank', (path: string) => truncateSync(path, 1000)],
    ['grew', (path: string) => appendFileSync(path, 'more')],
    ['was written to', (path: string) => writeFileSync(path, Buffer.alloc(900 * KIB))],
  ] as const) {
    let path = '';
    const fake = await startFakeTus(t, {
      extensions: 'creation,termination',
      intercept(request) {
        if (request.method === 'POST') change(path);
        return false;
      },
    });
    const place = transferPlace(t);
    path = (await makeFile(place.folder, 'a.bin', 900 * KIB)).path;
    const { code, stderr } = await place.run(['put', 'a.bin', fake.url]);
    assert.equal(code, 1, stderr);
    assert.match(stderr, new RegExp(`a\\.bin changed while it was being sent: it ${how}`));
    assert.equal(fake.uploads.size, 0);
    assert.deepEqual(readdirSync(join(place.state, 'tusd-ts', 'put')), []);
  }
});

test('a server that loses bytes of a stream ends it, and gets those of a file again', async (t) => {
  let lost = false;
  const intercept: Intercept = (request, response, server) => {
    if (lost || request.method !== 'PATCH' || request.headers['upload-offset'] === '0')
      return false;
    lost = true;
    return forget(request, response, server);
  };
  const fake = await startFakeTus(t, { intercept });
  const place = transferPlace(t);
  const bytes = Buffer.alloc(17 * 2 ** 20);
  const stream = await place.run(['put', '-', fake.url], bytes);
  assert.equal(stream.code, 76);
  assert.match(stream.stderr, /asks again for byte 0/);
  lost = false;
  await makeFile(place.folder, 'a.bin', 300 * KIB);
  const file = await place.run(['put', 'a.bin', fake.url, '--chunk-size', '100KiB']);
  assert.equal(file.code, 0, file.stderr);
  assert.match(file.stderr, /the server has 0 of the 102400 bytes that it confirmed/);
});

test('a server that takes the same bytes again and again makes no progress', async (t) => {
  // Every other request is refused, and what had come is forgotten.
  let patches = 0;
  const intercept: Intercept = (request, response, server) => {
    if (request.method !== 'PATCH') return false;
    patches += 1;
    return patches % 2 === 0 && forget(request, response, server);
  };
  const fake = await startFakeTus(t, { intercept });
  const place = transferPlace(t);
  await makeFile(place.folder, 'a.bin', 300 * KIB);
  const args = ['--chunk-size', '100KiB', '--retry-for', '2s'];
  const { code, stderr } = await place.run(['put', 'a.bin', fake.url, ...args]);
  assert.equal(code, 1, stderr);
  assert.match(stderr, /answered 409; gave up after/);
});

test('a server that claims all bytes before they were sent is not believed', async (t) => {
  const intercept: Intercept = (request, response) => {
    if (request.method !== 'PATCH') return false;
    response.writeHead(204, { 'Upload-Offset': request.headers['content-length'] }).end();
    return true;
  };
  const fake = await startFakeTus(t, { intercept });
  const place = transferPlace(t);
  // More than sockets hold.
  await makeFile(place.folder, 'a.bin', 32 * 2 ** 20);
  const { code, stderr } = await place.run(['put', 'a.bin', fake.url]);
  assert.equal(code, 76, stderr);
  assert.match(stderr, /claims offset \d+ before it was sent/);
});
