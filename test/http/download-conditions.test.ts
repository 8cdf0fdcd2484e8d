import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { foreignTarget } from '../../conformance/target.ts';
import { ask } from '../../conformance/tus.ts';
import { temporaryFolder } from '../support/temporary.ts';
import { serveFiles } from './support/served-files.ts';

test('ranges and conditions are those of RFC 9110', async (t) => {
  const folder = temporaryFolder(t);
  await writeFile(join(folder, 'id'), '0123456789');
  const { url } = await serveFiles(t, folder, { id: {} });
  const target = foreignTarget(url);
  const get = async (headers: Record<string, string>, method = 'GET') => {
    const reply = await ask(target, method, `${url}id`, { headers });
    return [reply.status, reply.body.toString(), reply.headers.get('content-range')];
  };
  const whole = [200, '0123456789', undefined];
  assert.deepEqual(await get({ Range: 'bytes=-99' }), [206, '0123456789', 'bytes 0-9/10']);
  assert.deepEqual(await get({ Range: 'bytes=-3' }), [206, '789', 'bytes 7-9/10']);
  assert.deepEqual(await get({ Range: 'bytes=0-1,4-5' }), whole);
  assert.deepEqual(await get({ Range: 'bytes=4-2' }), whole);
  const date = 'Sun, 06 Nov 1994 08:49:37 GMT';
  const two = { Range: 'bytes=2-3' };
  for (const given of ['"id-7"', date]) {
    assert.deepEqual(await get({ ...two, 'If-Range': given }), [206, '23', 'bytes 2-3/10']);
  }
  for (const given of ['W/"id-7"', '"other"', 'Sun, 06 Nov 1994 08:49:38 GMT', 'nonsense']) {
    assert.deepEqual(await get({ ...two, 'If-Range': given }), whole, given);
  }
  const [failed] = await get({ 'If-Match': 'W/"id-7"' });
  assert.equal(failed, 412);
  assert.deepEqual(await get({ 'If-None-Match': 'W/"id-7"' }), [304, '', undefined]);
  assert.deepEqual(await get({ 'If-Modified-Since': date }), [304, '', undefined]);
});

test('a HEAD describes the whole file, whatever range it asks for', async (t) => {
  const folder = temporaryFolder(t);
  await writeFile(join(folder, 'id'), '0123456789');
  const { url } = await serveFiles(t, folder, { id: {} });
  const target = foreignTarget(url);
  for (const range of ['bytes=2-3', 'bytes=99-', 'bytes=-1', 'nonsense']) {
    const { status, headers } = await ask(target, 'HEAD', `${url}id`, {
      headers: { Range: range },
    });
    assert.deepEqual([status, headers.get('content-length')], [200, '10'], range);
    assert.equal(headers.has('content-range'), false, range);
  }
  // A POST that stands for a HEAD has no body, and so no length of one.
  const override = { headers: { 'X-HTTP-Method-Override': 'HEAD' } };
  const reply = await ask(target, 'POST', `${url}id`, override);
  assert.deepEqual([reply.status, reply.body.length], [200, 0]);
});

test('an answer that does not send the file does not describe it', async (t) => {
  const folder = temporaryFolder(t);
  await writeFile(join(folder, 'id'), '0123456789');
  const metadata = { filename: 'secret.html', filetype: 'text/html' };
  const { url } = await serveFiles(t, folder, { id: { metadata }, gone: { metadata } });
  const target = foreignTarget(url);
  const refused = async (id: string, headers: Record<string, string>) => {
    const reply = await ask(target, 'GET', `${url}${id}`, { headers });
    assert.equal(reply.headers.get('content-type'), 'text/plain; charset=utf-8');
    assert.equal(reply.headers.get('cache-control'), 'no-store');
    for (const name of [
      ...['content-disposition', 'etag', 'last-modified', 'content-security-policy'],
      ...['accept-ranges', 'x-content-type-options'],
    ]) {
      assert.equal(reply.headers.has(name), false, `${name} of ${reply.status}`);
    }
    return [reply.status, reply.headers.get('content-range')];
  };
  assert.deepEqual(await refused('id', { 'If-Match': '"other"' }), [412, undefined]);
  assert.deepEqual(await refused('id', { Range: 'bytes=10-' }), [416, 'bytes */10']);
  assert.deepEqual(await refused('gone', {}), [410, undefined]);
  const known = await ask(target, 'GET', `${url}id`, { headers: { 'If-None-Match': '*' } });
  assert.deepEqual([known.status, known.headers.get('etag')], [304, '"id-7"']);
  assert.equal(known.headers.has('content-disposition'), false);
});
