import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Fault } from '../../src/fault.ts';
import type { Protocol } from '../../src/protocol/protocol.ts';
import { listen, protocolOf, saying } from '../support/listen.ts';

/** Answers with its name, the method that it was asked for, and the name of the caller's protocol. */
function speaking(name: string, more: Partial<Protocol> = {}): Protocol {
  const serve = saying(({ method, caller }) => `${name} ${method} ${caller.origin.protocol}`);
  return protocolOf(serve, {
    name,
    claims: ({ headers }) => headers[name] !== undefined,
    headers: { [`${name}-version`]: '1' },
    methodHeader: null,
    reserves: (header) => header.toLowerCase().startsWith(`${name}-`),
    ...more,
  });
}

const first = speaking('first', { methodHeader: 'x-method' });
const second = speaking('second');

test('a request is served by the first protocol that claims it, or else by the first of all', async (t) => {
  const { url } = await listen(t, first, { protocols: [first, second] });
  const asked = async (headers: Record<string, string>) =>
    (await fetch(url, { method: 'POST', headers })).text();
  assert.equal(await asked({}), 'first POST first');
  assert.equal(await asked({ second: '' }), 'second POST second');
  assert.equal(await asked({ first: '', second: '' }), 'first POST first');
});

test('a header stands for the method where the protocol of the request says so', async (t) => {
  const { url } = await listen(t, first, { protocols: [first, second] });
  const asked = async (headers: Record<string, string>) =>
    (await fetch(url, { method: 'POST', headers: { 'x-method': 'OPTIONS', ...headers } })).text();
  assert.equal(await asked({}), 'first OPTIONS first');
  assert.equal(await asked({ second: '' }), 'second POST second');
});

test('each protocol has methods of its own', async (t) => {
  const third = speaking('third', { methods: { collection: ['PUT'], item: ['PUT'] } });
  const { url } = await listen(t, first, { protocols: [first, third] });
  const put = (headers: Record<string, string>) => fetch(url, { method: 'PUT', headers });
  assert.equal(await (await put({ third: '' })).text(), 'third PUT third');
  const refused = await put({});
  assert.deepEqual(
    [refused.status, refused.headers.get('allow')],
    [405, 'OPTIONS, POST, GET, HEAD'],
  );
});

test('a page may send and read the headers of all protocols', async (t) => {
  const one = speaking('one', { cors: { sent: ['One-Sent'], read: ['One-Read'] } });
  const two = speaking('two', { cors: { sent: ['Two-Sent'], read: ['Two-Read'] } });
  const { url } = await listen(t, one, { protocols: [one, two] });
  const { headers } = await fetch(url, { method: 'OPTIONS', headers: { Origin: 'https://a.b' } });
  assert.match(headers.get('access-control-allow-headers') ?? '', /One-Sent.*Two-Sent/);
  assert.match(headers.get('access-control-expose-headers') ?? '', /One-Read.*Two-Read/);
});

test('a protocol says what its refusals look like', async (t) => {
  const serve = async () => {
    throw new Fault('CONFLICT', 'the offset is 5', { offset: 5, retryAfter: 2 });
  };
  const plain = speaking('plain', { serve });
  const odd = speaking('odd', {
    serve,
    refuse: (_exchange, { code, offset }) => ({
      status: 460,
      statusMessage: 'Odd',
      headers: { 'Content-Type': 'application/problem+json', 'Odd-Offset': String(offset) },
      body: `{"type":"${code}"}`,
    }),
  });
  const { url } = await listen(t, plain, { protocols: [plain, odd] });
  const usual = await fetch(url, { method: 'POST' });
  assert.deepEqual([usual.status, await usual.text()], [409, 'the offset is 5\n']);
  assert.equal(usual.headers.get('plain-version'), '1');
  const own = await fetch(url, { method: 'POST', headers: { odd: '' } });
  assert.deepEqual(
    [own.status, own.statusText, await own.text()],
    [460, 'Odd', '{"type":"CONFLICT"}'],
  );
  const told = ['content-type', 'odd-offset', 'odd-version', 'plain-version', 'retry-after'];
  assert.deepEqual(
    told.map((name) => own.headers.get(name)),
    ['application/problem+json', '5', '1', null, '2'],
  );
});

test('a hook that refuses has the last word, but not on the headers of the protocol', async (t) => {
  const strict = speaking('strict', {
    serve: async ({ caller }) => {
      caller.request.refusal = {
        status: 422,
        body: 'no',
        headers: { 'Strict-Version': '9', 'X-Quota': '0' },
      };
      throw new Fault('REFUSED', 'the hook refused it');
    },
    refuse: () => ({ status: 400, body: 'refused' }),
  });
  const { url } = await listen(t, strict);
  const refused = await fetch(url, { method: 'POST' });
  assert.deepEqual([refused.status, await refused.text()], [422, 'no']);
  assert.equal(refused.headers.get('strict-version'), '1');
  assert.equal(refused.headers.get('x-quota'), '0');
});
