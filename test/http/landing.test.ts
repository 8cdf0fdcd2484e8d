import assert from 'node:assert/strict';
import { test } from 'node:test';
import { listen, protocolOf, saying } from '../support/listen.ts';

const says = saying(({ method, id }) => `${method} ${id}\n`);

test('GET and HEAD of "/" and of the base path say what this is, and nothing about the installation', async (t) => {
  const { url } = await listen(t, says);
  for (const path of ['/', '/?x=1', '/uploads/files/', '/uploads/files', '/uploads/files/?a']) {
    const got = await fetch(new URL(path, url));
    const text = await got.text();
    assert.equal(got.status, 200, path);
    assert.match(text, /^This is a server for resumable uploads\. [^/\d]*\n$/);
    assert.equal(got.headers.get('content-type'), 'text/plain; charset=utf-8');
    assert.equal(got.headers.get('cache-control'), 'no-store');
    const head = await fetch(new URL(path, url), { method: 'HEAD' });
    assert.equal(head.status, 200, path);
    assert.equal(head.headers.get('content-length'), String(text.length));
  }
});

test('it is nowhere else, and no answer to another method', async (t) => {
  const { url } = await listen(t, says);
  assert.equal((await fetch(new URL('/elsewhere', url))).status, 405);
  assert.equal((await fetch(new URL('/', url), { method: 'POST' })).status, 404);
  assert.equal(await (await fetch(url, { method: 'POST' })).text(), 'POST null\n');
  const put = await fetch(url, { method: 'PUT' });
  assert.deepEqual([put.status, put.headers.get('allow')], [405, 'OPTIONS, POST, GET, HEAD']);
});

test('where the base path is "/", both are the same', async (t) => {
  const { url } = await listen(t, says, { basePath: '/', download: says });
  assert.equal((await fetch(url)).status, 200);
  assert.match(await (await fetch(url)).text(), /^This is/);
  assert.equal(await (await fetch(`${url}x`)).text(), 'GET x\n');
});

test('a HEAD that speaks a protocol is left to it', async (t) => {
  const { url } = await listen(t, protocolOf(says, { claims: () => true }));
  assert.equal((await fetch(url, { method: 'HEAD' })).headers.get('content-type'), null);
  assert.match(await (await fetch(url)).text(), /^This is/);
});
