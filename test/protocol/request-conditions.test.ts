import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { OFFSET_STREAM } from '../../conformance/tus.ts';
import { FIVE, served } from './support/served.ts';

test('OPTIONS names the version, like every other answer', async (t) => {
  const s = await served(t);
  for (const url of [s.url, await s.make(FIVE)]) {
    for (const version of [undefined, '1.0.0', '9.9.9']) {
      const { headers, status } = await s.ask('OPTIONS', url, { 'Tus-Resumable': version });
      assert.deepEqual([status, headers.get('tus-resumable')], [204, '1.0.0']);
    }
  }
});

test('an answer that is an error is not kept by a cache', async (t) => {
  const s = await served(t);
  const gone = await s.make(FIVE);
  await s.ask('DELETE', gone);
  const unfinished = await s.make(FIVE);
  const finished = await s.make(FIVE, 'hello');
  const plain = { 'Tus-Resumable': undefined };
  const answers: [number, string, string, Record<string, string | undefined>][] = [
    [404, 'HEAD', `${s.url}unknown`, {}],
    [404, 'HEAD', `${s.url}unknown`, plain],
    [410, 'HEAD', gone, {}],
    [412, 'HEAD', unfinished, { 'Tus-Resumable': '0.2.2' }],
    [412, 'HEAD', finished, { ...plain, 'If-Match': '"other"' }],
    [404, 'GET', `${s.url}unknown`, plain],
    [410, 'GET', gone, plain],
    [409, 'GET', unfinished, plain],
    [412, 'GET', finished, { ...plain, 'If-Match': '"other"' }],
    [416, 'GET', finished, { ...plain, Range: 'bytes=9-' }],
    [405, 'PATCH', s.url, plain],
    [404, 'DELETE', `${s.url}unknown`, {}],
    [409, 'PATCH', unfinished, { 'Content-Type': OFFSET_STREAM, 'Upload-Offset': '3' }],
  ];
  for (const [status, method, url, headers] of answers) {
    const reply = await s.ask(method, url, headers);
    assert.equal(reply.status, status, `${method} ${url}`);
    assert.equal(reply.headers.get('cache-control'), 'no-store', `${method} ${status}`);
    for (const name of ['etag', 'last-modified', 'upload-length', 'accept-ranges']) {
      assert.equal(reply.headers.has(name), false, `${name} of ${method} ${status}`);
    }
  }
});

async function conditions(t: TestContext) {
  const s = await served(t);
  const finished = await s.make(FIVE, 'hello');
  const tag = (await s.look(finished)).get('etag') ?? '';
  assert.match(tag, /^"[^"]+"$/);
  return { s, finished, tag };
}

test('a finished upload has the same entity tag for every method, an unfinished one has none', async (t) => {
  const { s, finished, tag } = await conditions(t);
  const got = await s.ask('GET', finished);
  assert.equal(got.headers.get('etag'), tag);
  assert.equal((await s.look(await s.make(FIVE))).has('etag'), false);
});

test('PATCH is done only where its conditions hold', async (t) => {
  const { s, tag } = await conditions(t);
  const url = await s.make(FIVE);
  const past = 'Sun, 06 Nov 1994 08:49:37 GMT';
  const future = 'Fri, 01 Jan 2100 00:00:00 GMT';
  for (const headers of [
    { 'If-Match': '"other"' },
    { 'If-Match': tag },
    { 'If-Match': 'W/"*"' },
    { 'If-Match': 'nonsense' },
    { 'If-None-Match': '*' },
    { 'If-Unmodified-Since': past },
  ]) {
    const { status } = await s.patch(url, 0, 'hello', { headers });
    assert.equal(status, 412, JSON.stringify(headers));
    assert.equal((await s.look(url)).get('upload-offset'), '0');
  }
  let offset = 0;
  for (const headers of [
    { 'If-Match': '*' },
    { 'If-None-Match': '"other"' },
    { 'If-Unmodified-Since': future },
    // It is not looked at beside If-Match.
    { 'If-Match': '*', 'If-Unmodified-Since': past },
    { 'If-Unmodified-Since': 'yesterday', 'If-Modified-Since': future, 'If-Match': '' },
  ]) {
    const { status } = await s.patch(url, offset, 'hello'.slice(offset, offset + 1), { headers });
    assert.equal(status, 204, JSON.stringify(headers));
    offset += 1;
  }
  // Errors that do not depend on conditions come first (RFC 9110, 13.2.1).
  const other = await s.make(FIVE);
  const headers = { 'If-Match': '"other"' };
  assert.equal((await s.patch(other, 3, 'x', { headers })).status, 409);
  assert.equal((await s.patch(`${s.url}unknown`, 0, 'x', { headers })).status, 404);
});

test('DELETE is done only where its conditions hold', async (t) => {
  const { s, finished, tag } = await conditions(t);
  for (const headers of [
    { 'If-Match': '"other"' },
    { 'If-Match': `W/${tag}` },
    { 'If-None-Match': '*' },
    { 'If-None-Match': `"other", ${tag}` },
    { 'If-None-Match': `W/${tag}` },
    { 'If-Unmodified-Since': 'Sun, 06 Nov 1994 08:49:37 GMT' },
  ]) {
    const { status } = await s.ask('DELETE', finished, headers);
    assert.equal(status, 412, JSON.stringify(headers));
  }
  assert.equal((await s.ask('GET', finished)).body.toString(), 'hello');
  assert.equal((await s.ask('DELETE', finished, { 'If-Match': `"a,b", ${tag}` })).status, 204);
  assert.equal((await s.ask('DELETE', finished, { 'If-Match': tag })).status, 410);
  const unfinished = await s.make(FIVE);
  assert.equal((await s.ask('DELETE', unfinished, { 'If-Match': tag })).status, 412);
  assert.equal((await s.ask('DELETE', unfinished, { 'If-Match': '*' })).status, 204);
});

test('at the URL of creation there is nothing that a condition could match', async (t) => {
  const s = await served(t);
  for (const value of ['*', '"x"']) {
    assert.equal((await s.ask('POST', s.url, { ...FIVE, 'If-Match': value })).status, 412);
    assert.equal((await s.ask('POST', s.url, { ...FIVE, 'If-None-Match': value })).status, 201);
  }
  assert.equal(await s.count(), 2);
});
