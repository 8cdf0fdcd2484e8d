import assert from 'node:assert/strict';
import { test } from 'node:test';
import { chunk } from '../../conformance/wire.ts';
import { Fault } from '../../src/fault.ts';
import type { ExchangeHandler } from '../../src/protocol/exchange.ts';
import { listen } from '../support/listen.ts';
import { headOf, Raw } from '../support/raw.ts';

const BODY = Buffer.alloc(4 * 1024 * 1024 + 17, 'b');
const ROUNDS = 4;

/** Answers at once, whatever is still to come of the body. */
const answering: ExchangeHandler = async ({ id, response }) => {
  const status = Number(id ?? 200);
  if (status === 500) throw new Error('a bug');
  if (status >= 400) throw new Fault('REFUSED', 'no', { status });
  response.statusCode = status;
  response.end(status === 204 ? undefined : 'yes\n');
};

/** What the request says about its connection. */
const CONNECTIONS: readonly [version: string, connection: string | null][] = [
  ['1.1', 'close'],
  ['1.1', 'Close'],
  ['1.1', 'close, x'],
  ['1.0', null],
  ['1.0', 'close'],
  ['1.0', 'keep-alive'],
];

test('an answer arrives, however the connection ends and while the body is still coming', async (t) => {
  const { url } = await listen(t, answering, { download: answering });
  const { pathname } = new URL(url);
  const statuses = [200, 201, 204, 400, 401, 404, 409, 412, 413, 415, 423, 500, 507];
  // They are made in four ways: with a body, without one, by a Fault, and by a bug.
  const ways = [200, 204, 413, 500];
  for (const [index, [version, Connection]] of CONNECTIONS.entries()) {
    for (const status of index === 0 ? statuses : ways) {
      const head = headOf(`PATCH ${pathname}${status} HTTP/${version}`, {
        Connection,
        'Content-Length': BODY.length,
      });
      for (let round = 0; round < ROUNDS; round += 1) {
        const raw = new Raw(url).send(head).send(BODY);
        if (Connection === 'keep-alive') raw.finish();
        const answer = await raw.answer();
        const why = `${status} HTTP/${version} ${Connection} ${answer.error ?? ''}`;
        assert.deepEqual([answer.statuses, answer.error], [[status], undefined], why);
      }
    }
  }
});

test('an answer arrives whatever the method, and whichever part of the server gives it', async (t) => {
  const { url } = await listen(t, answering, { download: answering });
  const { pathname } = new URL(url);
  const cases: readonly [line: string, status: number][] = [
    [`OPTIONS ${pathname}204`, 204],
    [`HEAD ${pathname}200`, 200],
    [`HEAD ${pathname}404`, 404],
    [`GET ${pathname}200`, 200],
    [`DELETE ${pathname}204`, 204],
    [`DELETE ${pathname}409`, 409],
    [`POST ${pathname}`, 200],
    [`PUT ${pathname}`, 405],
    [`TRACE ${pathname}200`, 405],
    [`FOO ${pathname}`, 405],
    ['POST /elsewhere', 404],
    ['POST ftp://elsewhere/', 400],
  ];
  for (const [line, status] of cases) {
    for (let round = 0; round < ROUNDS; round += 1) {
      const head = headOf(`${line} HTTP/1.1`, { 'Content-Length': BODY.length });
      const { statuses, error } = await new Raw(url).send(head).send(BODY).answer();
      assert.deepEqual([statuses, error], [[status], undefined], line);
    }
  }
});

test('an answer arrives when the body comes in chunks, without an end', async (t) => {
  const { url } = await listen(t, answering);
  const { pathname } = new URL(url);
  for (const Connection of ['close', 'keep-alive', null]) {
    for (const status of [201, 413, 404]) {
      const head = headOf(`PATCH ${pathname}${status} HTTP/1.1`, {
        Connection,
        'Transfer-Encoding': 'chunked',
      });
      const answer = await new Raw(url).send(head).send(chunk(BODY)).answer();
      assert.deepEqual([answer.statuses, answer.error], [[status], undefined]);
      assert.match(answer.text, /^connection: close\r$/im);
    }
  }
});

test('a connection that is kept goes on with its next request after a body that was not read', async (t) => {
  const { url } = await listen(t, answering);
  const { pathname } = new URL(url);
  const refused = headOf(`PATCH ${pathname}409 HTTP/1.1`, {
    Connection: 'keep-alive',
    'Content-Length': BODY.length,
  });
  const taken = headOf(`PATCH ${pathname}201 HTTP/1.1`, {
    Connection: 'keep-alive',
    'Content-Length': BODY.length,
  });
  const raw = new Raw(url).send(refused).send(BODY).send(taken).send(BODY);
  raw.send(headOf(`POST ${pathname} HTTP/1.1`));
  assert.deepEqual((await raw.answer()).statuses, [409, 201, 200]);
});

test('nothing is done of what comes behind the last answer of a connection', async (t) => {
  const done: (string | null)[] = [];
  const { url } = await listen(t, async (exchange) => {
    done.push(exchange.id);
    await answering(exchange);
  });
  const { pathname } = new URL(url);
  const head = (id: string, headers: Record<string, string | number>) =>
    headOf(`PATCH ${pathname}${id} HTTP/1.1`, { Connection: 'keep-alive', ...headers });
  // An Expect closes, and so does a body of unknown length that nobody reads.
  const raw = new Raw(url)
    .send(head('413', { 'Transfer-Encoding': 'chunked' }))
    .send(chunk(BODY))
    .send('0\r\n\r\n')
    .send(head('201', { 'Content-Length': 0 }));
  assert.deepEqual((await raw.answer()).statuses, [413]);
  assert.deepEqual(done, ['413']);
});
