import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { Fault } from '../../src/fault.ts';
import type { ExchangeHandler } from '../../src/protocol/exchange.ts';
import { listen } from '../support/listen.ts';
import { headOf, Raw } from '../support/raw.ts';
import { until } from '../support/until.ts';

const MIB = 1024 * 1024;
const KEEP = { Connection: 'keep-alive' };

const PIECE = `${'.'.repeat(64 * 1024 - 1)}\n`;

/** Reads the body, takes its time, and answers; "large" is a download of 8 MiB in small pieces. */
const slow: ExchangeHandler = async ({ id, body, response, note }) => {
  note.bytes = 0;
  await new Promise<void>((resolve, reject) => {
    body().start({
      onBytes: ({ length }) => {
        note.bytes = (note.bytes ?? 0) + length;
        return true;
      },
      onEnd: resolve,
      onBroken: () => reject(new Fault('BAD_REQUEST', 'the body broke off')),
    });
  });
  for (let turn = 0; turn < 20; turn += 1) await nextTurn();
  if (id === 'refused') throw new Fault('CONFLICT', 'no');
  const pieces = id === 'large' ? 128 : 1;
  const piece = id === 'large' ? PIECE : `${id}\n`;
  response.setHeader('Content-Length', pieces * piece.length);
  for (let sent = 0; sent < pieces && !response.destroyed; sent += 1) {
    await new Promise((resolve) => response.write(piece, resolve));
  }
  response.end();
};

const REQUESTS: readonly [name: string, request: string, status: number, ending: string][] = [
  ['GET', headOf('GET /uploads/files/a HTTP/1.1', KEEP), 200, 'a\n'],
  ['HEAD', headOf('HEAD /uploads/files/a HTTP/1.1', KEEP), 200, '\r\n\r\n'],
  ['DELETE', headOf('DELETE /uploads/files/a HTTP/1.1', KEEP), 200, 'a\n'],
  ['HTTP/1.0', headOf('GET /uploads/files/a HTTP/1.0'), 200, 'a\n'],
  [
    'PATCH',
    `${headOf('PATCH /uploads/files/a HTTP/1.1', { ...KEEP, 'Content-Length': 3 })}abc`,
    200,
    'a\n',
  ],
  [
    'POST in chunks',
    `${headOf('POST /uploads/files/ HTTP/1.1', { ...KEEP, 'Transfer-Encoding': 'chunked' })}3\r\nabc\r\n0\r\n\r\n`,
    200,
    'null\n',
  ],
  ['refused', headOf('GET /uploads/files/refused HTTP/1.1', KEEP), 409, 'no\n'],
  ['large', headOf('GET /uploads/files/large HTTP/1.1', KEEP), 200, PIECE.repeat(128)],
];

/** The first answer of what came, with as much body as it declares, and what comes behind it. */
function firstAnswer(text: string, method: string): { answer: string; rest: string } {
  const body = text.indexOf('\r\n\r\n') + 4;
  const length = method === 'HEAD' ? 0 : Number(/content-length: (\d+)/i.exec(text)?.[1] ?? 0);
  return { answer: text.slice(0, body + length), rest: text.slice(body + length) };
}

test('a client that half-closes behind its request gets its answer', async (t) => {
  const { url, requests } = await listen(t, slow, { download: slow });
  for (const [name, request, status, ending] of REQUESTS) {
    const { text, statuses, error } = await new Raw(url).send(request).finish().answer();
    assert.deepEqual([statuses, error], [[status], undefined], name);
    assert.ok(text.endsWith(ending), name);
  }
  const pipelined = REQUESTS.slice(0, 3).map(([, request]) => request);
  const { statuses } = await new Raw(url).send(pipelined.join('')).finish().answer();
  assert.deepEqual(statuses, [200, 200, 200]);
  await until('all are logged', () => requests.length === REQUESTS.length + 3);
});

test('a connection whose client has half-closed is closed, and none is left', async (t) => {
  const { url, listener } = await listen(t, slow, { download: slow });
  const raws = [new Raw(url).finish(), new Raw(url).send('\r\n').finish()];
  for (const [, request] of REQUESTS) raws.push(new Raw(url).send(request).finish());
  for (const raw of raws) assert.equal((await raw.answer()).error, undefined);
  // Resolves when the last connection is gone.
  await listener.close();
});

test('a client that half-closes within its body has gone, and what came of it is counted', async (t) => {
  const { url, requests } = await listen(t, slow);
  for (const framing of [{ 'Content-Length': 10 }, { 'Transfer-Encoding': 'chunked' }]) {
    const body = 'Content-Length' in framing ? 'abc' : '3\r\nabc\r\n';
    const head = headOf('PATCH /uploads/files/a HTTP/1.1', framing);
    await new Raw(url)
      .send(head + body)
      .finish()
      .answer();
  }
  await until('both are logged', () => requests.length === 2);
  assert.deepEqual(
    requests.map(({ status, bytes }) => [status, bytes]),
    [
      [null, 3],
      [null, 3],
    ],
  );
});

const BEHIND = {
  'a stray line break': '\r\n',
  'two of them': '\r\n\r\n',
  garbage: 'garbage\r\n\r\n',
  'bytes that are no text': '\x00\x01\x02\xff',
  'a line without a version': 'GET /\r\n\r\n',
  'a version that is none': 'GET / HTTP/9.9\r\n\r\n',
  'headers that are none': 'GET / HTTP/1.1\r\nno header\r\n\r\n',
  'headers that are too long': `GET / HTTP/1.1\r\nX: ${'x'.repeat(90_000)}\r\n\r\n`,
};

test('bytes behind a complete request do not take its answer away', async (t) => {
  const { url } = await listen(t, slow, { download: slow });
  for (const [what, bytes] of Object.entries(BEHIND)) {
    for (const [name, request, status, ending] of REQUESTS) {
      for (const together of [true, false]) {
        const raw = new Raw(url).send(together ? request + bytes : request);
        if (!together) {
          if (name === 'large') await until('a part is there', () => raw.text.length > MIB);
          raw.send(bytes);
        }
        const { text, statuses, error } = await raw.finish().answer();
        const method = request.slice(0, request.indexOf(' '));
        const { answer, rest } = firstAnswer(text, method);
        const why = `${name} and ${what}: ${statuses}`;
        assert.deepEqual([statuses[0], error], [status, undefined], why);
        assert.ok(answer.endsWith(ending), why);
        assert.match(rest, /^(HTTP\/1\.1 4\d\d [\s\S]*)?$/, why);
        assert.ok(statuses.length <= 2, why);
      }
    }
  }
});

test('half of a next request waits for the answer before it, and then gets its own', async (t) => {
  const { url, requests } = await listen(t, slow, { download: slow, headersTimeout: 2_000 });
  const large = headOf('GET /uploads/files/large HTTP/1.1', KEEP);
  const raw = new Raw(url).send(`${large}GET /uploads/files/b HTTP/1.1\r\nHost: x\r\n`);
  raw.socket.pause();
  const started = performance.now();
  await until('a reader that stands still has been waited for', async () => {
    for (let turn = 0; turn < 100; turn += 1) await nextTurn();
    return performance.now() > started + 4_000;
  });
  raw.socket.resume();
  const { text, statuses } = await raw.answer();
  const { answer, rest } = firstAnswer(text, 'GET');
  assert.ok(answer.endsWith(PIECE.repeat(128)));
  assert.match(rest, /^HTTP\/1\.1 408 /);
  assert.deepEqual(statuses, [200, 408]);
  assert.deepEqual(
    requests.map(({ status }) => status),
    [200, 408],
  );
});

test('requests that come without waiting are answered in order, refused ones too', async (t) => {
  const { url } = await listen(t, slow, { download: slow });
  const pipelined = [...REQUESTS, ...REQUESTS].filter(([name]) => name !== 'HTTP/1.0');
  const raw = new Raw(url).send(pipelined.map(([, request]) => request).join(''));
  const { statuses } = await raw.send(headOf('GET /elsewhere HTTP/1.1')).answer();
  assert.deepEqual(statuses, [...pipelined.map(([, , status]) => status), 404]);
});

test('a chunk that is none ends its request with an answer, and keeps what came', async (t) => {
  const { url, requests } = await listen(t, slow);
  const head = headOf('PATCH /uploads/files/a HTTP/1.1', { 'Transfer-Encoding': 'chunked' });
  const { statuses, error } = await new Raw(url).send(`${head}3\r\nabc\r\nzzz\r\n`).answer();
  assert.deepEqual([statuses, error], [[400], undefined]);
  await until('it is logged', () => requests.length === 1);
  assert.deepEqual([requests[0]?.status, requests[0]?.bytes], [400, 3]);
});

test('a chunk that is none ends its request also while that waits for its turn', async (t) => {
  const { url, requests } = await listen(t, slow);
  const head = headOf('PATCH /uploads/files/a HTTP/1.1', { 'Transfer-Encoding': 'chunked' });
  const before = headOf('PATCH /uploads/files/b HTTP/1.1', { ...KEEP, 'Content-Length': '0' });
  const { statuses } = await new Raw(url).send(`${before}${head}3\r\nabc\r\nzzz\r\n`).answer();
  assert.deepEqual(statuses.slice(1), [400]);
  await until('both are logged', () => requests.length === 2);
  assert.deepEqual([requests[1]?.status, requests[1]?.bytes], [400, 3]);
});

test('bytes that never became a request get an answer with a date and a sentence, and a line in the log', async (t) => {
  const { url, requests } = await listen(t, slow, { headersTimeout: 1_000 });
  const cases: readonly [bytes: string, status: number][] = [
    ['nonsense\r\n\r\n', 400],
    [`GET / HTTP/1.1\r\nX: ${'a'.repeat(90_000)}\r\n\r\n`, 431],
    ['GET / HTTP/1.1\r\nHost: x\r\n', 408],
    ['GET / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n', 400],
    ['GET / HTTP/1.1\r\nTransfer-Encoding: chunked\r\nContent-Length: 2\r\n\r\n', 400],
    ['\x16\x03\x01\x02\x00\x01\x00\x01', 400],
    ['PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 400],
  ];
  for (const [bytes, status] of cases) {
    const { text, statuses } = await new Raw(url).send(bytes).answer();
    assert.deepEqual(statuses, [status], bytes.slice(0, 40));
    assert.match(text, /\r\nDate: \w{3}, .* GMT\r\n/);
    assert.match(text, /\r\nConnection: close\r\n/);
    assert.match(text, /\r\nTus-Resumable: 1\.0\.0\r\n/);
    assert.match(text.split('\r\n\r\n')[1] ?? '', /^[a-z].*\n$/);
  }
  assert.deepEqual(
    requests.map(({ method, path, status, id, address }) => [method, path, status, id, address]),
    cases.map(([, status]) => ['-', null, status, null, '127.0.0.1']),
  );
});

test('a flood of invalid requests is counted instead of logged line by line', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const more: number[] = [];
  const { url, requests } = await listen(t, slow, { onMoreRefused: (count) => more.push(count) });
  for (let sent = 0; sent < 110; sent += 1) {
    const raw = new Raw(url).send('nonsense\r\n\r\n');
    await new Promise((resolve) => raw.socket.once('end', resolve));
    raw.socket.destroy();
  }
  assert.deepEqual([requests.length, more], [100, []]);
  t.mock.timers.tick(60_000);
  assert.deepEqual(more, [10]);
});
