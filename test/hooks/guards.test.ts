import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import type { HttpHook } from '../../src/config/hooks/hook-schema.ts';
import { Fault } from '../../src/fault.ts';
import { createHooks } from '../../src/hooks/hooks.ts';
import { sizeOf } from '../storage/support/stores.ts';
import { temporaryFolder } from '../support/temporary.ts';
import { until } from '../support/until.ts';
import { request, serveWithHooks } from './support/hooked-store.ts';
import { httpHook, scriptHook } from './support/hooks-of.ts';
import { startReceiver } from './support/receiver.ts';

const preCreate = (url: string, more: Partial<HttpHook> = {}) =>
  httpHook(url, { events: ['pre-create'], ...more });

async function faultOf(work: Promise<unknown>): Promise<Fault> {
  try {
    await work;
  } catch (error) {
    assert.ok(error instanceof Fault, String(error));
    return error;
  }
  return assert.fail('it was allowed');
}

test('without hooks for pre- events there are no guards', () => {
  const { guards } = createHooks({
    hooks: [httpHook('http://localhost')],
    concurrency: 1,
    now: Date.now,
    log: () => {},
    env: {},
    kill: () => {},
  });
  assert.deepEqual(Object.keys(guards), []);
});

test('a refusal reaches the client with the status, the body and the headers that the receiver chose', async (t) => {
  const receiver = await startReceiver(t, () => ({
    body: {
      RejectUpload: true,
      HTTPResponse: { StatusCode: 413, Body: '{"error":"quota"}', Header: { 'X-Quota': '0' } },
    },
  }));
  const { create, store, client } = await serveWithHooks(t, [preCreate(receiver.url)]);
  const fault = await faultOf(create());
  assert.equal(fault.code, 'REFUSED');
  assert.deepEqual(client().refusal, {
    status: 413,
    body: '{"error":"quota"}',
    headers: { 'X-Quota': '0' },
  });
  assert.equal(fault.message, 'the hook app refused it: {"error":"quota"}');
  assert.deepEqual(await store.totals(), []);
});

test('a refusal without words is 400, and never a success', async (t) => {
  const receiver = await startReceiver(t, () => ({ body: { RejectUpload: true } }));
  const { create, client } = await serveWithHooks(t, [preCreate(receiver.url)]);
  const fault = await faultOf(create());
  assert.deepEqual([fault.status, client().refusal?.status], [400, undefined]);
  assert.equal(fault.publicMessage, 'this upload was refused by the server');
  receiver.reply = () => ({ body: { RejectUpload: true, HTTPResponse: { StatusCode: 200 } } });
  assert.equal((await faultOf(create())).status, 400);
  assert.equal(client().refusal?.status, undefined);
});

test('pre-create gets an upload that has no id yet', async (t) => {
  const receiver = await startReceiver(t);
  const { create } = await serveWithHooks(t, [preCreate(receiver.url)]);
  await create({ length: null, names: { filename: 'a.txt' } });
  const { Type, Event } = receiver.received[0]!.payload;
  assert.equal(Type, 'pre-create');
  assert.deepEqual(Event.Upload, {
    ID: '',
    Size: 0,
    SizeIsDeferred: true,
    Offset: 0,
    MetaData: { filename: 'a.txt' },
    IsPartial: false,
    IsFinal: false,
    PartialUploads: null,
    Owner: null,
    Storage: null,
  });
  assert.deepEqual(Event.HTTPRequest.Header, { Host: ['files.example.org'] });
});

test('pre-create sees all headers of the client, since nothing of it is recorded', async (t) => {
  const receiver = await startReceiver(t);
  const { create } = await serveWithHooks(t, [preCreate(receiver.url)]);
  await create({ caller: request('POST', { authorization: 'Bearer x', cookie: 'a=b' }) });
  const { Header } = receiver.received[0]!.payload.Event.HTTPRequest;
  assert.deepEqual(Header, { Authorization: ['Bearer x'], Cookie: ['a=b'] });
});

test('pre-create sets id and metadata, and may add to the answer', async (t) => {
  const receiver = await startReceiver(t, () => ({
    body: {
      ChangeFileInfo: { ID: 'chosen-1', MetaData: { filename: 'renamed.txt', project: '7' } },
      HTTPResponse: { Header: { 'X-Project': '7' } },
    },
  }));
  const { create, store, client } = await serveWithHooks(t, [preCreate(receiver.url)]);
  const { record } = await create({ names: { filename: 'a.txt' } });
  assert.equal(record.id, 'chosen-1');
  assert.equal(record.name, 'renamed.txt');
  assert.equal(
    (await store.remember('chosen-1'))?.metadata,
    'filename cmVuYW1lZC50eHQ=,project Nw==',
  );
  assert.deepEqual(client().answer, { headers: { 'X-Project': '7' } });
  assert.equal((await faultOf(create())).code, 'CONFLICT', 'the id is taken');
});

test('several hooks are asked in order: each sees what the one before has changed, and all add up', async (t) => {
  const first = await startReceiver(t, () => ({
    body: {
      ChangeFileInfo: { ID: 'one', MetaData: { by: 'first' } },
      HTTPResponse: { Header: { 'X-First': '1', 'X-Both': '1' } },
    },
  }));
  const second = await startReceiver(t, ({ payload }) => ({
    body: {
      ChangeFileInfo: { MetaData: { ...payload.Event.Upload.MetaData, and: 'second' } },
      HTTPResponse: { Header: { 'X-Both': '2' } },
    },
  }));
  const { create, client } = await serveWithHooks(t, [
    preCreate(first.url, { name: 'first' }),
    preCreate(second.url, { name: 'second' }),
  ]);
  const { record } = await create();
  assert.equal(second.received[0]!.payload.Event.Upload.ID, 'one');
  assert.equal(record.metadata, 'by Zmlyc3Q=,and c2Vjb25k');
  assert.deepEqual(client().answer?.headers, { 'X-First': '1', 'X-Both': '2' });
});

test('the first refusal counts, and no other hook is asked after it', async (t) => {
  const first = await startReceiver(t, () => ({ body: { RejectUpload: true } }));
  const second = await startReceiver(t);
  const { create } = await serveWithHooks(t, [
    preCreate(first.url, { name: 'first' }),
    preCreate(second.url, { name: 'second' }),
  ]);
  assert.match((await faultOf(create())).message, /hook first/);
  assert.equal(second.received.length, 0);
});

test('a receiver that fails lets nothing pass (502), or everything where the configuration says so', async (t) => {
  const receiver = await startReceiver(t, () => ({ status: 500, body: 'stack trace of mine' }));
  const strict = await serveWithHooks(t, [preCreate(receiver.url)]);
  const fault = await faultOf(strict.create());
  assert.deepEqual([fault.code, fault.status], ['HOOK_FAILED', 502]);
  assert.doesNotMatch(fault.publicMessage ?? '', /app|500|stack trace/);
  assert.match(
    strict.log.join('\n'),
    /warn: hook app: pre-create failed: the receiver answered 500/,
  );
  const lenient = await serveWithHooks(t, [preCreate(receiver.url, { onError: 'allow' })]);
  await lenient.create();
  assert.match(lenient.log.join('\n'), /allowed: onError is "allow"/);
});

test('a receiver that takes too long is 504', async (t) => {
  const receiver = await startReceiver(t, () => undefined);
  const { create } = await serveWithHooks(t, [preCreate(receiver.url, { timeoutMs: 100 })]);
  assert.equal((await faultOf(create())).status, 504);
});

test('an answer that makes no sense is a failure: broken JSON, an impossible id, odd types', async (t) => {
  const receiver = await startReceiver(t);
  const { create, log } = await serveWithHooks(t, [preCreate(receiver.url)]);
  for (const body of ['{"Reject', { ChangeFileInfo: { ID: 'a/b' } }, { RejectUpload: 1 }]) {
    receiver.reply = () => ({ body });
    assert.equal((await faultOf(create())).code, 'HOOK_FAILED');
  }
  assert.match(log.join('\n'), /is not JSON.+cannot be a file name.+neither true nor false/s);
});

test('another place for the bytes is not supported: it is ignored, with a warning', async (t) => {
  const receiver = await startReceiver(t, () => ({
    body: { ChangeFileInfo: { Storage: { Path: '/elsewhere' } } },
  }));
  const { create, store, log } = await serveWithHooks(t, [preCreate(receiver.url)]);
  const { record } = await create();
  assert.equal(await sizeOf(store, record.id), 0);
  assert.match(log.join('\n'), /Storage, which needs the key storageRoot; it is ignored/);
});

test('pre-finish refuses: the bytes stay, no event says that it is finished, and the next request asks again', async (t) => {
  const receiver = await startReceiver(t, () => ({
    body: { RejectUpload: true, HTTPResponse: { StatusCode: 422, Body: 'not a film' } },
  }));
  const hooks = [httpHook(receiver.url, { events: ['pre-finish', 'post-finish'] })];
  const { create, append, store, client } = await serveWithHooks(t, hooks);
  const { record } = await create();
  const fault = await faultOf(append(record.id, 'hello'));
  assert.equal(fault.code, 'REFUSED');
  assert.deepEqual(client().refusal, { status: 422, body: 'not a film', headers: {} });
  const kept = (await store.remember(record.id))!;
  assert.deepEqual([kept.state, kept.offset], ['receiving', 5]);
  assert.equal(kept.refusal, 'the hook app refused it: not a film');
  assert.equal(await sizeOf(store, record.id), 5);
  assert.deepEqual(await store.outbox.list({}), []);

  receiver.reply = () => ({ body: { HTTPResponse: { Header: { Link: '<x>' } } } });
  const { finished } = await append(record.id, '', 5);
  assert.equal(finished, true);
  assert.deepEqual(client().answer, { headers: { Link: '<x>' } });
  const { Offset, Size, Storage } = receiver.received[0]!.payload.Event.Upload;
  assert.deepEqual([Offset, Size, Storage?.Path], [5, 5, store.locate(record.id)]);
  await until('post-finish', () => receiver.told().includes(`post-finish ${record.id}`));
});

test('pre-finish of a receiver that is down leaves an upload that finishes later', async (t) => {
  const receiver = await startReceiver(t, () => ({ status: 503 }));
  const { create, append, store } = await serveWithHooks(t, [
    httpHook(receiver.url, { events: ['pre-finish'] }),
  ]);
  const { record } = await create();
  assert.equal((await faultOf(append(record.id, 'hello'))).code, 'HOOK_FAILED');
  assert.equal((await store.remember(record.id))?.refusal, null);
  receiver.reply = () => ({ status: 204 });
  assert.equal((await append(record.id, '', 5)).finished, true);
});

test('pre-terminate may refuse a removal', async (t) => {
  const receiver = await startReceiver(t, () => ({
    body: { RejectTermination: true, HTTPResponse: { StatusCode: 403, Body: 'it is needed' } },
  }));
  const { finish, store } = await serveWithHooks(t, [
    httpHook(receiver.url, { events: ['pre-terminate'] }),
  ]);
  const id = await finish();
  const caller = request('DELETE');
  assert.equal((await faultOf(store.terminate(id, caller))).code, 'REFUSED');
  assert.deepEqual(caller.request.refusal, { status: 403, body: 'it is needed', headers: {} });
  assert.equal(await sizeOf(store, id), 5);
  receiver.reply = () => ({ body: { RejectUpload: true } });
  await store.terminate(id, request('DELETE'));
  assert.equal(await sizeOf(store, id), null, 'RejectUpload is not RejectTermination');
});

test('a command answers like a receiver', async (t) => {
  const code = `let text = '';
    process.stdin.on('data', (more) => { text += more; }).on('end', () => {
      const { filetype } = JSON.parse(text).Event.Upload.MetaData;
      const Body = filetype + ' is not taken';
      console.log(JSON.stringify({ RejectUpload: filetype !== 'image/png', HTTPResponse: { Body } }));
    });`;
  const hooks = [scriptHook(code, { events: ['pre-create'] })];
  const { create, client } = await serveWithHooks(t, hooks);
  await create({ names: { filetype: 'image/png' } });
  assert.equal((await faultOf(create({ names: { filetype: 'text/html' } }))).code, 'REFUSED');
  assert.equal(client().refusal?.body, 'text/html is not taken');
});

test('a crowd of clients does not become a crowd of programs', async (t) => {
  const code = `const { appendFileSync } = require('node:fs');
    appendFileSync(process.env.HOME + '/log', 'begin\\n');
    setTimeout(() => { appendFileSync(process.env.HOME + '/log', 'end\\n'); }, 100);`;
  const folder = temporaryFolder(t);
  const { create } = await serveWithHooks(t, [scriptHook(code, { events: ['pre-create'] })], {
    concurrency: 2,
    env: { PATH: process.env.PATH, HOME: folder },
  });
  await Promise.all(Array.from({ length: 8 }, () => create()));
  const lines = readFileSync(`${folder}/log`, 'utf8').trim().split('\n');
  let running = 0;
  let most = 0;
  for (const line of lines) {
    running += line === 'begin' ? 1 : -1;
    most = Math.max(most, running);
  }
  assert.equal(lines.length, 16);
  assert.equal(most, 2);
});

test('a daemon that stops answers 503 to a client that waits for a hook', async (t) => {
  const receiver = await startReceiver(t, () => undefined);
  const { create, hooks } = await serveWithHooks(t, [
    preCreate(receiver.url, { onError: 'allow' }),
  ]);
  const made = faultOf(create());
  await until('it is asked', () => receiver.received.length === 1);
  await hooks.stop(50);
  assert.equal((await made).code, 'UNAVAILABLE');
});
