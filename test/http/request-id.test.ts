import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Fault } from '../../src/fault.ts';
import { listen } from '../support/listen.ts';
import { headOf, Raw } from '../support/raw.ts';
import { until } from '../support/until.ts';

const MADE = /^[\da-f]{12}-[\da-z]+$/;

async function refusing(t: Parameters<typeof listen>[0], trustedProxies: readonly string[]) {
  const seen: (string | undefined)[] = [];
  const listening = await listen(
    t,
    async ({ requestId, caller }) => {
      seen.push(requestId, caller.origin.requestId);
      throw new Fault('CONFLICT', 'no');
    },
    { trustedProxies },
  );
  const ask = async (headers: Record<string, string>, line = 'PATCH /uploads/files/a HTTP/1.1') => {
    const { text } = await new Raw(listening.url).send(headOf(line, headers)).answer();
    return /\r\nX-Request-Id: (.*)\r\n/i.exec(text)?.[1] ?? '';
  };
  return { ...listening, ask, seen };
}

test('an error answer, the log and the caller have the same id', async (t) => {
  const { ask, requests, seen } = await refusing(t, []);
  const id = await ask({});
  assert.match(id, MADE);
  await until('the record', () => requests.length === 1);
  assert.deepEqual([requests[0]?.requestId, requests[0]?.code], [id, 'CONFLICT']);
  assert.deepEqual(seen, [id, id]);
  assert.notEqual(await ask({}), id);
});

test('an id counts when a trusted proxy sends it, once and in a sane form', async (t) => {
  const { ask } = await refusing(t, ['127.0.0.1']);
  for (const id of ['abc', 'req_01J:2/3+4==@x', 'A'.repeat(128), '0']) {
    assert.equal(await ask({ 'X-Request-Id': id }), id);
  }
  for (const id of [
    '',
    'A'.repeat(129),
    'a b',
    '-a',
    'a"b',
    'a,b',
    '\xe9',
    'a;b',
    '<script>',
    '$(x)',
  ]) {
    assert.match(await ask({ 'X-Request-Id': id }), MADE, id);
  }
  assert.match(await ask({ 'X-Request-Id': 'a', 'x-request-id': 'b' }), MADE);
});

test('an id of anybody else does not count', async (t) => {
  const { ask } = await refusing(t, ['10.0.0.0/8']);
  assert.match(await ask({ 'X-Request-Id': 'forged' }), MADE);
});

test('bytes that are no request get an id, too, and a request that is refused early', async (t) => {
  const { ask, requests } = await refusing(t, []);
  const garbage = await ask({}, 'GARBAGE');
  assert.match(garbage, MADE);
  assert.match(await ask({}, 'PUT /uploads/files/ HTTP/1.1'), MADE);
  assert.match(await ask({}, 'BREW /uploads/files/ HTTP/1.1'), MADE);
  await until('the records', () => requests.length === 3);
  assert.equal(requests[0]?.requestId, garbage);
  assert.deepEqual(
    requests.map(({ code }) => code),
    ['BAD_REQUEST', 'METHOD_NOT_ALLOWED', 'METHOD_NOT_ALLOWED'],
  );
});

test('pages may read the id of an answer', async (t) => {
  const { url } = await refusing(t, []);
  const answer = await fetch(`${url}a`, {
    method: 'HEAD',
    headers: { Origin: 'https://a.example' },
  });
  assert.match(answer.headers.get('access-control-expose-headers') ?? '', /, X-Request-ID(?:,|$)/);
});
