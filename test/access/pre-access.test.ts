import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startReceiver } from '../hooks/support/receiver.ts';
import {
  append,
  bearer,
  create,
  created,
  startGuarded,
  tokenOf,
  tokenSetting,
} from './support/guarded.ts';

function hookOf(url: string, more: Readonly<Record<string, unknown>> = {}) {
  return { hooks: [{ type: 'http', name: 'gate', url, events: ['pre-access'], ...more }] };
}

test('a hook names the principal, lowers limits and refuses', async (t) => {
  const receiver = await startReceiver(t, ({ payload }) => {
    const [token = ''] = payload.Event.HTTPRequest.Header.Authorization ?? [];
    if (token === 'Bearer evil') {
      return {
        body: { RejectAccess: true, HTTPResponse: { StatusCode: 402, Body: 'pay first' } },
      };
    }
    if (token === 'Bearer bad') return { body: { RejectAccess: true } };
    const [, Principal = ''] = token.split(' ');
    return { body: { Access: { Principal, Grants: ['create', 'read'], MaxSize: 8 } } };
  });
  const { url } = await startGuarded(t, {}, hookOf(receiver.url));
  const upload = await created(url, bearer('alice'));
  assert.equal((await fetch(upload, { headers: bearer('alice') })).status, 200);
  assert.equal((await fetch(upload, { headers: bearer('bob') })).status, 404);
  assert.equal((await append(upload, bearer('alice'), 5, '')).status, 403);
  assert.equal((await create(url, bearer('alice'), '123456789')).status, 413);
  assert.equal((await create(url, {})).status, 401, 'it names nobody');
  const paid = await create(url, bearer('evil'));
  assert.deepEqual([paid.status, await paid.text()], [402, 'pay first']);
  assert.equal((await create(url, bearer('bad'))).status, 403);
});

test('an answer holds for a moment for the same client, headers and target alone', async (t) => {
  const receiver = await startReceiver(t, ({ payload }) => {
    const [token = ''] = payload.Event.HTTPRequest.Header.Authorization ?? [];
    return { body: { Access: { Principal: token.split(' ')[1] ?? '' } } };
  });
  const { url } = await startGuarded(t, { hook: { cache: '1h' } }, hookOf(receiver.url));
  const upload = await created(url, bearer('alice'));
  const asked = receiver.received.length;
  for (let count = 0; count < 3; count++) await fetch(upload, { headers: bearer('alice') });
  assert.equal(receiver.received.length, asked + 1);
  await fetch(upload, { headers: bearer('bob') });
  await fetch(`${upload}?x`, { headers: bearer('alice') });
  await fetch(upload, { headers: { ...bearer('alice'), Cookie: 'a=b' } });
  await fetch(upload, { headers: { ...bearer('alice'), 'X-Api-Key': 'x' } });
  assert.equal(receiver.received.length, asked + 5);
});

test('a hook that fails lets nobody in, unless it may', async (t) => {
  const receiver = await startReceiver(t, () => ({ status: 500 }));
  const closed = await startGuarded(t, {}, hookOf(receiver.url));
  assert.equal((await create(closed.url, bearer('alice'))).status, 502);
  const auth = { anonymous: { grants: ['create'] } };
  const open = await startGuarded(t, auth, hookOf(receiver.url, { onError: 'allow' }));
  assert.equal((await create(open.url, {})).status, 201);
});

test('a hook cannot name a link or hide behind a hostile name', async (t) => {
  let Principal = '';
  const receiver = await startReceiver(t, () => ({ body: { Access: { Principal } } }));
  const { url } = await startGuarded(t, { hook: { cache: '0s' } }, hookOf(receiver.url));
  for (Principal of ['link:abc', 'x'.repeat(5_000), 'a\nb', 'José'.normalize('NFD')]) {
    assert.equal((await create(url, {})).status, 502, Principal.slice(0, 20));
  }
});

test('a hook is asked about those who have logged in, and told their name', async (t) => {
  const receiver = await startReceiver(t, ({ payload }) => ({
    body: { RejectAccess: payload.Event.HTTPRequest.Method === 'GET' },
  }));
  const auth = { tokens: [tokenSetting('alice')] };
  const { url } = await startGuarded(t, auth, hookOf(receiver.url));
  const upload = await created(url, bearer(tokenOf('alice')));
  assert.equal((await fetch(upload, { headers: bearer(tokenOf('alice')) })).status, 403);
  const [first] = receiver.received;
  assert.equal(first?.payload.Event.HTTPRequest.Principal, 'alice');
  assert.equal((await create(url, bearer('0123456789abcdef'))).status, 401);
});

test('without auth a hook may refuse, and everything else stays open', async (t) => {
  const receiver = await startReceiver(t, ({ payload }) => ({
    body: { RejectAccess: payload.Event.HTTPRequest.Method === 'GET' },
  }));
  const { url } = await startGuarded(t, null, hookOf(receiver.url));
  const upload = await created(url, {}, 'he', 5);
  assert.equal((await append(upload, {}, 2, 'llo')).status, 204);
  assert.equal((await fetch(upload)).status, 403);
});
