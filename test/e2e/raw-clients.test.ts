import assert from 'node:assert/strict';
import { test } from 'node:test';
import { chunk } from '../../conformance/wire.ts';
import { startDaemon } from '../support/command.ts';
import { headOf, Raw } from '../support/raw.ts';
import { temporaryFolder } from '../support/temporary.ts';
import { appendAt, creation, idOf, locationOf, offsetOf, send } from '../support/tus.ts';
import { until } from '../support/until.ts';

const BODY = Buffer.alloc(4 * 1024 * 1024, 'b');
const TUS = { 'Tus-Resumable': '1.0.0' };
const OCTETS = 'application/offset+octet-stream';
const ROUNDS = 5;

type Headers = Readonly<Record<string, string | number | null>>;

test('every refusal, and every success that ignores its body, is read by a client that closes', async (t) => {
  const args = ['--upload-dir', temporaryFolder(t), '--max-size', '100MiB'];
  const daemon = await startDaemon(t, args);
  const base = new URL(daemon.url).pathname;
  const made = async (length: number, body = Buffer.alloc(0)) => {
    const url = locationOf(
      daemon.url,
      await send('POST', daemon.url, { headers: creation(length) }),
    );
    if (body.length > 0) await send('PATCH', url, { headers: appendAt(0), body });
    return `${base}${idOf(url)}`;
  };
  const open = await made(BODY.length * 2);
  const done = await made(3, Buffer.from('abc'));
  const at = (offset: number | string, more: Headers = {}) => ({
    ...TUS,
    'Content-Type': OCTETS,
    'Upload-Offset': offset,
    ...more,
  });
  const cases: readonly [status: number, line: string, headers: Headers][] = [
    [409, `PATCH ${open}`, at(1)],
    [404, `PATCH ${base}${'0'.repeat(32)}`, at(0)],
    [404, `PATCH ${base}nonsense`, at(0)],
    [404, 'PATCH /elsewhere', at(0)],
    [415, `PATCH ${open}`, at(0, { 'Content-Type': 'text/plain' })],
    [400, `PATCH ${open}`, at('x')],
    [412, `PATCH ${open}`, at(0, { 'Tus-Resumable': '0.2.2' })],
    [405, `PUT ${open}`, at(0)],
    [405, `POST ${open}`, at(0)],
    [413, `POST ${base}`, { ...TUS, 'Upload-Length': 10, 'Content-Type': OCTETS }],
    [413, `POST ${base}`, { ...TUS, 'Upload-Length': 2 ** 40, 'Content-Type': OCTETS }],
    [400, `POST ${base}`, { ...TUS, 'Content-Type': OCTETS }],
    [415, `POST ${base}`, { ...TUS, 'Upload-Length': 10 }],
    [204, `OPTIONS ${base}`, {}],
    [200, `HEAD ${open}`, TUS],
    [200, `GET ${done}`, {}],
    [409, `GET ${open}`, {}],
    [404, `DELETE ${base}${'0'.repeat(32)}`, TUS],
  ];
  for (const [status, line, headers] of cases) {
    for (const [version, Connection] of [
      ['1.1', 'close'],
      ['1.0', null],
    ] as const) {
      for (let round = 0; round < ROUNDS; round += 1) {
        const length = { 'Content-Length': BODY.length };
        const head = headOf(`${line} HTTP/${version}`, { ...headers, Connection, ...length });
        const { statuses, error } = await new Raw(daemon.url).send(head).send(BODY).answer();
        assert.deepEqual([statuses, error], [[status], undefined], `${line} ${version} ${error}`);
      }
    }
    if (!line.startsWith('GET')) {
      const head = headOf(`${line} HTTP/1.1`, { ...headers, 'Transfer-Encoding': 'chunked' });
      const raw = new Raw(daemon.url).send(head).send(chunk(BODY));
      assert.deepEqual((await raw.answer()).statuses, [status], `${line} in chunks`);
    }
  }
});

test('a client that half-closes behind its request gets its answer, and its bytes are kept', async (t) => {
  const daemon = await startDaemon(t, ['--upload-dir', temporaryFolder(t)]);
  const base = new URL(daemon.url).pathname;
  const ask = (line: string, headers: Headers, body: Buffer | string = '') =>
    new Raw(daemon.url)
      .send(headOf(`${line} HTTP/1.1`, { Connection: null, ...TUS, ...headers }))
      .send(body)
      .finish();
  const length = { 'Content-Length': BODY.length };
  const made = await ask(`POST ${base}`, { 'Upload-Length': BODY.length * 2 }).answer();
  assert.deepEqual(made.statuses, [201]);
  const url = /\r\nLocation: (\S+)/i.exec(made.text)?.[1] ?? '';
  const patch = { ...appendAt(0), ...length };
  assert.deepEqual((await ask(`PATCH ${url}`, patch, BODY).answer()).statuses, [204]);
  assert.deepEqual((await ask(`HEAD ${url}`, {}).answer()).statuses, [200]);
  const half = BODY.subarray(0, BODY.length / 2);
  await ask(`PATCH ${url}`, { ...appendAt(BODY.length), ...length }, half).answer();
  await until('the bytes of a body that broke off', async () => {
    const { headers } = await send('HEAD', new URL(url, daemon.url).href);
    return Number(headers['upload-offset']) === BODY.length + half.length;
  });
  const rest = { ...appendAt(BODY.length + half.length), 'Content-Length': half.length };
  assert.deepEqual((await ask(`PATCH ${url}`, rest, half).answer()).statuses, [204]);
  const got = await ask(`GET ${url}`, {}).answer();
  assert.deepEqual(got.statuses, [200]);
  assert.ok(got.text.endsWith(`\r\n\r\n${'b'.repeat(BODY.length * 2)}`));
  assert.equal(await daemon.stop(), 0);
});

test('bytes behind a request neither replace its answer nor get into its download', async (t) => {
  const daemon = await startDaemon(t, ['--upload-dir', temporaryFolder(t)]);
  const made = await send('POST', daemon.url, {
    headers: creation(BODY.length, { 'Content-Type': OCTETS }),
    body: BODY,
  });
  assert.equal(offsetOf(made), BODY.length);
  const { pathname } = new URL(locationOf(daemon.url, made));
  for (const Connection of ['close', 'keep-alive']) {
    for (const behind of [
      '\r\n',
      'garbage\r\n\r\n',
      '\x00\xff',
      'GET / HTTP/1.1\r\nno header\r\n\r\n',
    ]) {
      const head = headOf(`GET ${pathname} HTTP/1.1`, { Connection });
      const { text, statuses, error } = await new Raw(daemon.url)
        .send(head + behind)
        .finish()
        .answer();
      assert.deepEqual([statuses[0], error], [200, undefined]);
      const body = text.indexOf('\r\n\r\n') + 4;
      assert.equal(text.slice(body, body + BODY.length), 'b'.repeat(BODY.length));
      assert.match(text.slice(body + BODY.length), /^(HTTP\/1\.1 400 [\s\S]*)?$/);
    }
  }
});

test('the log has a line for bytes that never became a request, and for forwarded headers that are ignored', async (t) => {
  const args = ['--upload-dir', temporaryFolder(t), '--log-format', 'json'];
  const daemon = await startDaemon(t, args);
  await new Raw(daemon.url).send('nonsense\r\n\r\n').answer();
  await new Raw(daemon.url).send(`GET / HTTP/1.1\r\nX: ${'x'.repeat(80_000)}\r\n\r\n`).answer();
  await new Raw(daemon.url).send(headOf('POST / HTTP/1.1', { 'X-Forwarded-For': '::1' })).answer();
  await new Raw(daemon.url).send(headOf('POST / HTTP/1.1', { 'X-Forwarded-For': '::1' })).answer();
  assert.equal(await daemon.stop(), 0);
  const lines = daemon
    .output()
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line));
  const requests = lines.filter(({ type }) => type === 'request');
  assert.deepEqual(
    requests.map(({ status, address }) => [status, address]),
    [400, 431, 404, 404].map((status) => [status, '127.0.0.1']),
  );
  const warnings = lines.filter(({ message }) => message?.includes('trustedProxies'));
  assert.equal(warnings.length, 1);
  assert.match(warnings[0].message, /forwarded headers of 127\.0\.0\.1 are ignored/);
});
