import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  append,
  bearer,
  create,
  created,
  startGuarded,
  TUS,
  tokenOf,
  tokenSetting,
} from './support/guarded.ts';

const NAMES = ['alice', 'bob', 'writer', 'reader', 'none'];
const AUTH = {
  tokens: NAMES.map(tokenSetting),
  principals: {
    writer: { grants: ['create', 'append'], maxSize: 8, types: ['image/*'], names: ['*.jpg'] },
    reader: { grants: ['read-any'] },
    none: { grants: [] },
  },
};
const as = (name: string) => bearer(tokenOf(name));

test('without credentials every method but OPTIONS gets 401, with a way to log in, and nothing is made', async (t) => {
  const { url } = await startGuarded(t, AUTH, { corsOrigins: ['https://app.example.org'] });
  const upload = await created(url, as('alice'), 'he', 5);
  const origin = { Origin: 'https://app.example.org' };
  const requests: [string, string][] = [
    ['POST', url],
    ['PATCH', upload],
    ['HEAD', upload],
    ['GET', upload],
    ['DELETE', upload],
  ];
  for (const [method, where] of requests) {
    const answer = await fetch(where, { method, headers: { ...TUS, ...origin } });
    assert.equal(answer.status, 401, method);
    assert.match(answer.headers.get('www-authenticate') ?? '', /^Bearer realm=/, method);
    assert.equal(answer.headers.get('access-control-allow-origin'), origin.Origin);
    assert.match(answer.headers.get('access-control-expose-headers') ?? '', /WWW-Authenticate/);
  }
  const overridden = await fetch(upload, {
    method: 'POST',
    headers: { ...TUS, 'X-HTTP-Method-Override': 'DELETE' },
  });
  assert.equal(overridden.status, 401);
  assert.equal((await fetch(upload, { method: 'HEAD', headers: as('alice') })).status, 200);
  const preflight = await fetch(url, {
    method: 'OPTIONS',
    headers: {
      ...origin,
      'Access-Control-Request-Method': 'POST',
      'Access-Control-Request-Headers': 'authorization, tus-resumable',
    },
  });
  assert.ok(preflight.ok);
  assert.match(preflight.headers.get('access-control-allow-headers') ?? '', /Authorization/);
});

test('a large body is not awaited before it is refused', async (t) => {
  const { url } = await startGuarded(t, AUTH);
  const answer = await create(url, {}, 'x'.repeat(1024 * 1024));
  assert.equal(answer.status, 401);
});

test('wrong, cut, repeated and foreign credentials get 401, also where anonymous clients may do it', async (t) => {
  const { url } = await startGuarded(t, { ...AUTH, anonymous: { grants: ['create'] } });
  assert.equal((await create(url, {})).status, 201);
  for (const value of [
    'Bearer',
    'Bearer ',
    `Bearer ${tokenOf('alice').slice(0, -1)}`,
    `Bearer ${tokenOf('alice')} x`,
    `Token ${tokenOf('alice')}`,
    `Basic ${Buffer.from(`alice:${tokenOf('alice')}`).toString('base64')}`,
    'Basic %%%',
    'Digest username="alice"',
    `Bearer ${'x'.repeat(5_000)}`,
  ]) {
    const { status } = await create(url, { Authorization: value });
    assert.ok(status === 401 || status === 429, `${value.slice(0, 40)}: ${status}`);
  }
  assert.equal((await create(url, as('alice'))).status, 201, 'a right token is not slowed down');
});

test('a principal does what it was granted and gets 403 for the rest', async (t) => {
  const { url } = await startGuarded(t, AUTH);
  const meta = `filename ${btoa('a.JPG')},filetype ${btoa('image/jpeg')}`;
  const image = { ...as('writer'), 'Upload-Metadata': meta };
  const upload = await created(url, image, 'he', 5);
  assert.equal((await append(upload, as('writer'), 2, 'llo')).status, 204);
  assert.equal((await fetch(upload, { headers: as('writer') })).status, 403);
  assert.equal(
    (await fetch(upload, { method: 'DELETE', headers: { ...TUS, ...as('writer') } })).status,
    403,
  );
  assert.equal((await create(url, image, 'hello', 9)).status, 413);
  assert.equal((await create(url, as('none'))).status, 403);
  const other = `filename ${btoa('a.jpg')},filetype ${btoa('text/html')}`;
  assert.equal((await create(url, { ...as('writer'), 'Upload-Metadata': other })).status, 403);
  const name = `filename ${btoa('a.jpg.exe')},filetype ${btoa('image/png')}`;
  assert.equal((await create(url, { ...as('writer'), 'Upload-Metadata': name })).status, 403);
  assert.equal((await create(url, as('writer'))).status, 403, 'without a type');
});

test('a deferred length does not get around the largest upload', async (t) => {
  const { url } = await startGuarded(t, {
    ...AUTH,
    principals: { alice: { maxSize: 8 } },
  });
  const made = await fetch(url, {
    method: 'POST',
    headers: { ...TUS, ...as('alice'), 'Upload-Defer-Length': '1' },
  });
  const upload = new URL(made.headers.get('location') ?? '', url).href;
  assert.equal((await append(upload, as('alice'), 0, '12345678')).status, 204);
  assert.equal((await append(upload, as('alice'), 8, '9')).status, 413);
  const declared = await append(upload, { ...as('alice'), 'Upload-Length': '9' }, 8, '9');
  assert.equal(declared.status, 413);
});

test('read-any reads uploads of others and changes none of them', async (t) => {
  const { url } = await startGuarded(t, {
    ...AUTH,
    principals: { reader: { grants: ['read-any', 'append', 'terminate', 'create'] } },
  });
  const upload = await created(url, as('alice'));
  assert.equal(await (await fetch(upload, { headers: as('reader') })).text(), 'hello');
  const deleted = await fetch(upload, { method: 'DELETE', headers: { ...TUS, ...as('reader') } });
  assert.equal(deleted.status, 403);
  const open = await created(url, as('alice'), 'he', 5);
  assert.equal((await append(open, as('reader'), 2, 'llo')).status, 403);
  assert.equal((await fetch(open, { method: 'HEAD', headers: as('reader') })).status, 200);
});
