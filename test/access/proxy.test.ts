import assert from 'node:assert/strict';
import { test } from 'node:test';
import { headOf, Raw } from '../support/raw.ts';
import { create, startGuarded } from './support/guarded.ts';

const AUTH = { proxy: { header: 'X-Remote-User' } };

test('the user of a trusted proxy counts', async (t) => {
  const { url } = await startGuarded(t, AUTH, { trustedProxies: ['127.0.0.1'] });
  assert.equal((await create(url, { 'X-Remote-User': 'alice' })).status, 201);
  assert.equal((await create(url, { 'x-remote-user': 'alice' })).status, 201);
  assert.equal((await create(url, {})).status, 401);
  assert.equal((await create(url, { 'X-Remote-User': '' })).status, 401);
});

test('from anybody else the header means nothing', async (t) => {
  const { url } = await startGuarded(t, AUTH, { trustedProxies: ['192.0.2.1'] });
  assert.equal((await create(url, { 'X-Remote-User': 'alice' })).status, 401);
  const forged = { 'X-Remote-User': 'alice', 'X-Forwarded-For': '192.0.2.1' };
  assert.equal((await create(url, forged)).status, 401);
});

test('a header that a client has sent beside that of the proxy is refused', async (t) => {
  const { url } = await startGuarded(t, AUTH, { trustedProxies: ['127.0.0.1'] });
  const head = headOf('POST /uploads/files/ HTTP/1.1', {
    'Tus-Resumable': '1.0.0',
    'Upload-Length': 5,
    'X-Remote-User': 'alice\r\nX-Remote-User: bob',
  });
  const { statuses } = await new Raw(url).send(head).answer();
  assert.deepEqual(statuses, [401]);
});
