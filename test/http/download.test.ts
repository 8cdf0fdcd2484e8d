import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { EventEmitter } from 'node:events';
import { existsSync, mkdirSync, readdirSync, readlinkSync } from 'node:fs';
import { truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { foreignTarget } from '../../conformance/target.ts';
import { ask } from '../../conformance/tus.ts';
import { Wire } from '../../conformance/wire.ts';
import { notingAborts } from '../../src/http/download/aborted-download.ts';
import type { Exchange } from '../../src/protocol/exchange.ts';
import { temporaryFolder } from '../support/temporary.ts';
import { until } from '../support/until.ts';
import { serveFiles } from './support/served-files.ts';

test('a finished upload is a file like any other, in whatever folder it lies', async (t) => {
  const folder = join(temporaryFolder(t), 'ü #?%20 &;x');
  mkdirSync(folder);
  await writeFile(join(folder, 'id'), '0123456789');
  const { url } = await serveFiles(t, folder, { id: {} });
  const whole = await fetch(`${url}id`);
  assert.deepEqual([whole.status, await whole.text()], [200, '0123456789']);
  assert.equal(whole.headers.get('content-length'), '10');
  assert.equal(whole.headers.get('etag'), '"id-7"');
  assert.equal(whole.headers.get('content-disposition'), 'attachment');
  const some = await fetch(`${url}id`, { headers: { Range: 'bytes=2-3' } });
  assert.deepEqual([some.status, await some.text()], [206, '23']);
  // Not fetch, which would ask caches to keep out of it.
  const given = { headers: { 'If-None-Match': '"id-7"' } };
  const known = await ask(foreignTarget(url), 'GET', `${url}id`, given);
  assert.deepEqual([known.status, known.body.length], [304, 0]);
  const outside = await fetch(`${url}id`, { headers: { Range: 'bytes=10-' } });
  assert.deepEqual([outside.status, outside.headers.get('content-range')], [416, 'bytes */10']);
  const changed = await fetch(`${url}id`, { headers: { 'If-Match': '"other"' } });
  assert.equal(changed.status, 412);
});

test('what is not there, or not all there, is not served', async (t) => {
  const folder = temporaryFolder(t);
  await writeFile(join(folder, 'half'), '01234');
  const uploads = { half: { state: 'receiving' }, lost: {} } as const;
  const { url, bugs } = await serveFiles(t, folder, uploads);
  const statuses: Record<string, number> = {};
  for (const id of ['half', 'lost', 'unknown']) {
    statuses[id] = (await fetch(url + id)).status;
  }
  assert.deepEqual(statuses, { half: 409, lost: 410, unknown: 404 });
  assert.deepEqual(bugs, []);
});

test('names and types of a client neither break a header nor run in a browser', async (t) => {
  const folder = temporaryFolder(t);
  await writeFile(join(folder, 'id'), 'x');
  const answer = async (metadata: Record<string, string>) => {
    const { url } = await serveFiles(t, folder, { id: { metadata } });
    const { status, headers } = await fetch(`${url}id`);
    assert.equal(status, 200);
    assert.equal(headers.get('x-content-type-options'), 'nosniff');
    assert.equal(headers.has('set-cookie'), false);
    return [headers.get('content-disposition'), headers.get('content-type')];
  };
  const bytes = 'application/octet-stream';
  assert.deepEqual(await answer({ filename: 'a"b\\c.txt' }), ['attachment; filename=c.txt', bytes]);
  assert.deepEqual(await answer({ filename: '../../.bashrc' }), [
    'attachment; filename=.bashrc',
    bytes,
  ]);
  assert.deepEqual(await answer({ filename: 'a\r\nSet-Cookie: b' }), [
    'attachment; filename="a__Set-Cookie: b"',
    bytes,
  ]);
  assert.deepEqual(await answer({ filename: '€.txt' }), [
    'attachment; filename="?.txt"; filename*=UTF-8\'\'%E2%82%AC.txt',
    bytes,
  ]);
  assert.deepEqual(await answer({ filetype: 'video/webm;codecs=vp8' }), [
    'inline',
    'video/webm; codecs=vp8',
  ]);
  assert.deepEqual(await answer({ filetype: 'text/plain; charset=iso-8859-1' }), [
    'inline',
    'text/plain; charset=iso-8859-1',
  ]);
  assert.deepEqual(await answer({ filetype: 'text/plain; format=flowed' }), [
    'inline',
    'text/plain; format=flowed; charset=utf-8',
  ]);
  for (const type of ['image/x+xml', 'video/x+xml', 'audio/svg', 'application/xhtml+xml']) {
    assert.deepEqual(await answer({ filetype: type }), ['attachment', type]);
  }
  assert.deepEqual(await answer({ filetype: 'text/html' }), ['attachment', 'text/html']);
  assert.deepEqual(await answer({ filetype: 'image/svg+xml' }), ['attachment', 'image/svg+xml']);
  assert.deepEqual(await answer({ filetype: 'IMAGE/PNG' }), ['inline', 'image/png']);
  assert.deepEqual(await answer({ filetype: `text/plain;a="${'.'.repeat(40)}` }), [
    'attachment',
    bytes,
  ]);
  assert.deepEqual(await answer({ filetype: 'image/png\r\nX: y' }), ['attachment', bytes]);
});

test('many downloads at once, slow ones and broken ones among them, each get their own bytes', async (t) => {
  const folder = temporaryFolder(t);
  const ids = ['a', 'b', 'c', 'd', 'e', 'f'];
  // Several blocks each, no multiple of one, and no two blocks alike.
  const contents = ids.map((_, index) => randomBytes(3 * 1024 * 1024 + 1000 * index));
  await Promise.all(ids.map((id, index) => writeFile(join(folder, id), contents[index]!)));
  const { url } = await serveFiles(t, folder, Object.fromEntries(ids.map((id) => [id, {}])));
  for (let round = 0; round < 4; round += 1) {
    await Promise.all(
      ids.map(async (id, index) => {
        const response = await fetch(`${url}${id}`);
        const received: Uint8Array[] = [];
        for await (const part of response.body!) {
          // One of them leaves in the middle, another one waits for the rest to use its block.
          if (index === round) return;
          if (index === round + 1 && received.length === 0) await setImmediate();
          received.push(part);
        }
        assert.ok(Buffer.concat(received).equals(contents[index]!), `${id} in round ${round}`);
      }),
    );
  }
});

test('an empty file is an empty answer', async (t) => {
  const folder = temporaryFolder(t);
  await writeFile(join(folder, 'id'), '');
  const { url } = await serveFiles(t, folder, { id: {} });
  const response = await fetch(`${url}id`);
  assert.deepEqual([response.status, await response.text()], [200, '']);
});

test('a file that is cut off while it is sent breaks the connection, and is not short in silence', async (t) => {
  const folder = temporaryFolder(t);
  const path = join(folder, 'id');
  await writeFile(path, Buffer.alloc(64 * 1024 * 1024));
  const { url } = await serveFiles(t, folder, { id: {} });
  const response = await fetch(`${url}id`);
  const reader = response.body!.getReader();
  await reader.read();
  await truncate(path, 1024 * 1024);
  await assert.rejects(async () => {
    while (!(await reader.read()).done);
  });
});

test('a reader that goes away leaves no file open', async (t) => {
  const folder = temporaryFolder(t);
  await writeFile(join(folder, 'id'), Buffer.alloc(32 * 1024 * 1024));
  const { url, requests } = await serveFiles(t, folder, { id: {} });
  const { host, pathname } = new URL(url);
  for (let count = 1; count <= 5; count += 1) {
    const wire = await Wire.open(url, 10_000);
    wire.head('GET', `${pathname}id`, [['Host', host]]);
    wire.reset();
    await until('it is logged', () => requests.length === count);
  }
  if (!existsSync('/proc/self/fd')) return;
  await until('the files are closed', () => !openFiles().includes(join(folder, 'id')));
});

function openFiles(): string[] {
  return readdirSync('/proc/self/fd').map((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`);
    } catch {
      return '';
    }
  });
}

test('the note of an aborted download is there before earlier listeners of the response run', async () => {
  const response = Object.assign(new EventEmitter(), {
    writableFinished: false,
    headersSent: true,
    statusCode: 200,
    getHeader: () => '10',
  });
  const request = { socket: { bytesWritten: 3 } };
  const exchange = { request, response, note: {} } as unknown as Exchange;
  let seen: string | undefined;
  response.once('close', () => {
    seen = exchange.note.text;
  });
  await notingAborts(async () => {})(exchange);
  request.socket.bytesWritten = 7;
  response.emit('close');
  assert.equal(seen, 'aborted: the client went away after 4 of 10 bytes');
});
