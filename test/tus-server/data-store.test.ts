import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { openCommandStore } from '../../src/storage/store.ts';
import { commandsOn } from '../support/commands.ts';
import { Raw } from '../support/raw.ts';
import { offsetOf, send, tusAt } from '../support/tus.ts';
import { until } from '../support/until.ts';
import { startStock } from './support/stock.ts';

/** A PATCH whose body stays open. */
function openPatch(url: string, offset: number, length: number, first: string): Raw {
  const { pathname, host } = new URL(url);
  return new Raw(url).send(
    [
      `PATCH ${pathname} HTTP/1.1`,
      `Host: ${host}`,
      'Tus-Resumable: 1.0.0',
      'Content-Type: application/offset+octet-stream',
      `Upload-Offset: ${offset}`,
      `Content-Length: ${length}`,
      'Connection: close',
      '',
      first,
    ].join('\r\n'),
  );
}

async function offsetAt(url: string): Promise<number> {
  const reply = await send('HEAD', url);
  assert.equal(reply.status, 200);
  return offsetOf(reply);
}

async function record(folder: string, id: string) {
  const store = await openCommandStore({ uploadDir: folder });
  try {
    return await store.remember(id);
  } finally {
    await store.close();
  }
}

test('an upload in pieces ends in the same catalog and folder as one of the daemon', async (t) => {
  const { url: endpoint, folder, tus: store } = await startStock(t);
  const tus = tusAt(endpoint);
  const { reply, url, id } = await tus.create({
    'Upload-Length': '10',
    'Upload-Metadata': 'filename YS5iaW4=,mark /w==,empty',
    'User-Agent': 'somebody/1',
  });
  assert.equal(reply.status, 201);
  assert.equal((await tus.patch(url, 0, 'hello')).headers['upload-offset'], '5');
  assert.equal(await store.finishedFile(id), undefined);
  assert.equal((await tus.patch(url, 5, 'world')).status, 204);

  const [listed] = await commandsOn(folder).list();
  assert.deepEqual([listed?.id, listed?.status, listed?.name], [id, 'finished', 'a.bin']);
  const file = await store.finishedFile(id);
  assert.equal(await readFile(file ?? '', 'utf8'), 'helloworld');
  const kept = await record(folder, id);
  // @tus/server knows values as text; what is recorded is what the client sent.
  assert.equal(kept?.metadata, 'filename YS5iaW4=,mark /w==,empty');
  assert.deepEqual(kept?.origin, {
    protocol: 'tus 1.0.0',
    address: '127.0.0.1',
    agent: 'somebody/1',
  });
  const head = await tus.head(url);
  assert.equal(head.headers['upload-length'], '10');
  assert.equal(String(head.headers['upload-metadata']).split(',')[0], 'filename YS5iaW4=');
});

test('a creation may bring bytes, and an upload of none is finished at once', async (t) => {
  const { url: endpoint, folder } = await startStock(t);
  const tus = tusAt(endpoint);
  const whole = await tus.create({ 'Upload-Length': '5' }, 'hello');
  assert.equal(whole.reply.headers['upload-offset'], '5');
  const empty = await tus.create({ 'Upload-Length': '0' });
  for (const { id } of [whole, empty]) {
    assert.equal((await record(folder, id))?.state, 'finished');
  }
});

test('what metadata onUploadCreate gives an upload is recorded', async (t) => {
  const onUploadCreate = async () => ({ metadata: { filename: 'ö.txt', flag: null } });
  const { url: endpoint, folder } = await startStock(t, {}, { onUploadCreate });
  const made = await tusAt(endpoint).create({
    'Upload-Length': '5',
    'Upload-Metadata': 'filename YQ==',
  });
  assert.equal((await record(folder, made.id))?.metadata, 'filename w7YudHh0,flag');
});

test('mistakes are answered with the status that fits, and change nothing', async (t) => {
  const { url: endpoint } = await startStock(t, { maxSize: 100 });
  const tus = tusAt(endpoint);
  assert.equal((await tus.create({ 'Upload-Length': '101' })).reply.status, 413);
  const { url } = await tus.create({ 'Upload-Length': '5' }, 'he');
  assert.equal((await tus.patch(url, 0, 'hello')).status, 409);
  assert.equal((await tus.patch(url, 2, 'llo and more')).status, 413);
  assert.equal((await tus.head(`${endpoint}/nothing`)).status, 404);
  assert.equal((await tus.head(`${endpoint}/..%00`)).status, 404);
  assert.equal(await offsetAt(url), 2);
  assert.equal((await tus.remove(url)).status, 204);
  for (const again of [tus.head(url), tus.patch(url, 2, 'llo'), tus.remove(url)]) {
    assert.equal((await again).status, 410);
  }
});

test('an id that is taken is refused, and its file stays as it is', async (t) => {
  let id = 'mine';
  const { url: endpoint, tus: store } = await startStock(t, {}, { namingFunction: () => id });
  const tus = tusAt(endpoint);
  await tus.create({ 'Upload-Length': '5' }, 'hello');
  assert.equal((await tus.create({ 'Upload-Length': '3' }, 'new')).reply.status, 409);
  assert.equal(await readFile((await store.finishedFile(id)) ?? '', 'utf8'), 'hello');
  id = '../outside';
  assert.equal((await tus.create({ 'Upload-Length': '3' }, 'new')).reply.status, 400);
});

test('of a body that breaks off the bytes are kept', async (t) => {
  const { url: endpoint, tus: store } = await startStock(t);
  const tus = tusAt(endpoint);
  const { url, id } = await tus.create({ 'Upload-Length': '10' });
  const broken = openPatch(url, 0, 10, 'hello');
  await until('the bytes are there', async () => (await offsetAt(url)) === 5);
  broken.socket.destroy();
  await until('the upload goes on', async () => (await tus.patch(url, 5, 'world')).status === 204);
  assert.equal(await readFile((await store.finishedFile(id)) ?? '', 'utf8'), 'helloworld');
});

test('a HEAD ends no upload that is under way, however often it comes', async (t) => {
  const { url: endpoint } = await startStock(t);
  const { url } = await tusAt(endpoint).create({ 'Upload-Length': '10' });
  const running = openPatch(url, 0, 10, 'hello');
  await until('the bytes are there', async () => (await offsetAt(url)) === 5);
  // Longer than the library gives a request that was asked to let go.
  const ends = Date.now() + 400;
  while (Date.now() < ends) await offsetAt(url);
  running.send('world');
  assert.deepEqual((await running.answer()).statuses, [204]);
});

test('a second writer asks the first one to let go, and goes on where it stopped', async (t) => {
  const { url: endpoint, tus: store } = await startStock(t);
  const { url, id } = await tusAt(endpoint).create({ 'Upload-Length': '10' });
  const first = openPatch(url, 0, 10, 'hello');
  await until('the bytes are there', async () => (await offsetAt(url)) === 5);
  const second = await tusAt(endpoint).patch(url, 5, 'world');
  assert.equal(second.status, 204);
  first.send('WORLD');
  await first.answer();
  assert.equal(await readFile((await store.finishedFile(id)) ?? '', 'utf8'), 'helloworld');
});

test('of two writers of the same bytes one wins, and the other reads 409', async (t) => {
  const { url: endpoint, tus: store } = await startStock(t);
  const tus = tusAt(endpoint);
  const { url, id } = await tus.create({ 'Upload-Length': '5' });
  const answers = await Promise.all(['hello', 'HELLO'].map((body) => tus.patch(url, 0, body)));
  assert.deepEqual(answers.map(({ status }) => status).toSorted(), [204, 409]);
  const text = await readFile((await store.finishedFile(id)) ?? '', 'utf8');
  assert.equal(text, answers[0]?.status === 204 ? 'hello' : 'HELLO');
});

test('a DELETE ends an upload that is under way', async (t) => {
  const { url: endpoint, folder } = await startStock(t);
  const tus = tusAt(endpoint);
  const { url, id } = await tus.create({ 'Upload-Length': '10' });
  const running = openPatch(url, 0, 10, 'hello');
  await until('the bytes are there', async () => (await offsetAt(url)) === 5);
  assert.equal((await tus.remove(url)).status, 204);
  await running.finish().answer();
  assert.equal((await tus.head(url)).status, 410);
  assert.deepEqual((await record(folder, id))?.removedWhy, 'terminated');
});

test('a length may come later, with bytes or after all of them', async (t) => {
  const { url: endpoint, folder } = await startStock(t);
  const tus = tusAt(endpoint);
  const { url, id } = await tus.create({ 'Upload-Defer-Length': '1' });
  assert.equal((await tus.head(url)).headers['upload-defer-length'], '1');
  assert.equal((await tus.patch(url, 0, 'hello')).status, 204);
  assert.equal((await tus.patch(url, 5, '', { 'Upload-Length': '4' })).status, 400);
  assert.equal((await tus.patch(url, 5, '', { 'Upload-Length': '5' })).status, 204);
  assert.equal((await record(folder, id))?.state, 'finished');
});

test('closing keeps what has come, and lets another one open the directory', async (t) => {
  const { url: endpoint, folder, tus: store } = await startStock(t);
  const { url, id } = await tusAt(endpoint).create({ 'Upload-Length': '10' });
  const running = openPatch(url, 0, 10, 'hello');
  await until('the bytes are there', async () => (await offsetAt(url)) === 5);
  await Promise.all([store.close(), store.close()]);
  assert.deepEqual((await running.answer()).statuses, [503]);
  const again = await startStock(t, { directory: folder });
  assert.equal(await offsetAt(`${again.url}/${id}`), 5);
});

test('what is not offered is refused: parts, and lengths that no number holds', async (t) => {
  const { url: endpoint } = await startStock(t);
  const tus = tusAt(endpoint);
  const part = await tus.create({ 'Upload-Length': '5', 'Upload-Concat': 'partial' });
  assert.equal(part.reply.status, 501);
  assert.equal((await tus.create({ 'Upload-Length': String(2 ** 53) })).reply.status, 413);
  const options = await fetch(endpoint, { method: 'OPTIONS' });
  assert.equal(
    options.headers.get('tus-extension'),
    'creation,creation-with-upload,creation-defer-length,termination,expiration',
  );
});
