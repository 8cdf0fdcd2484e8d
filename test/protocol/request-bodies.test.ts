import assert from 'node:assert/strict';
import { test } from 'node:test';
import { headerLines, OFFSET_STREAM, pathOf } from '../../conformance/tus.ts';
import { chunk, lastChunk, Wire } from '../../conformance/wire.ts';
import { DEFERRED, FIVE, type Served, served } from './support/served.ts';

test('a creation whose body would not be taken for data is refused, and makes nothing', async (t) => {
  const s = await served(t);
  const types = [undefined, '', 'text/plain', 'application/x-www-form-urlencoded'];
  for (const type of types) {
    for (const chunked of [false, true]) {
      const headers = { ...FIVE, 'Content-Type': type };
      const what = `${type ?? 'no type'}${chunked ? ', chunked' : ''}`;
      const refused = await s.ask('POST', s.url, headers, { body: Buffer.from('hello'), chunked });
      assert.equal(refused.status, 415, what);
      assert.match(refused.body.toString(), /offset\+octet-stream/);
    }
  }
  assert.equal(await s.count(), 0);
  // Without a byte there is nothing that could be lost.
  for (const type of types) {
    for (const chunked of [false, true]) {
      const empty = await s.ask('POST', s.url, { ...FIVE, 'Content-Type': type }, { chunked });
      assert.equal(empty.status, 201, type);
      assert.equal(empty.headers.has('upload-offset'), false);
    }
  }
  const expecting = { ...FIVE, 'Content-Type': 'text/plain', Expect: '100-continue' };
  const refused = await s.raw('POST', s.url, [
    ...Object.entries(expecting),
    ['Transfer-Encoding', 'chunked'],
  ]);
  assert.deepEqual([refused.status, refused.interim], [415, []]);
});

test('an empty chunked body makes a final upload, and a byte in it is refused', async (t) => {
  const s = await served(t);
  const part = await s.make({ ...FIVE, 'Upload-Concat': 'partial' }, 'hello');
  for (const type of [undefined, OFFSET_STREAM, 'text/plain']) {
    const headers = { 'Upload-Concat': `final;${part}`, 'Content-Type': type };
    assert.equal((await s.ask('POST', s.url, headers, { chunked: true })).status, 201, type);
    const body = Buffer.from('x');
    const expected = type === OFFSET_STREAM ? 400 : 415;
    for (const chunked of [false, true]) {
      assert.equal((await s.ask('POST', s.url, headers, { chunked, body })).status, expected);
    }
  }
});

test('a client that leaves before it is known whether its body is empty makes nothing', async (t) => {
  const s = await served(t);
  const wire = await Wire.open(s.url, 10_000);
  const headers = { ...FIVE, 'Transfer-Encoding': 'chunked' };
  wire.head('POST', pathOf(s.url), headerLines(s.target, 'POST', s.url, headers));
  wire.reset();
  assert.equal((await s.ask('POST', s.url, FIVE)).status, 201);
  assert.equal(await s.count(), 1);
});

test('a coded body is refused and not stored as it came', async (t) => {
  const s = await served(t);
  const url = await s.make(FIVE);
  const type: [string, string] = ['Content-Type', OFFSET_STREAM];
  const patch = (lines: [string, string][], body: string) =>
    s.raw('PATCH', url, [type, ['Upload-Offset', '0'], ...lines], body);
  const post = (lines: [string, string][], body: string) =>
    s.raw('POST', s.url, [type, ['Upload-Length', '5'], ...lines], body);
  const chunks = `${chunk(Buffer.from('hello'))}${lastChunk()}`;
  const before = await s.count();
  for (const send of [patch, post]) {
    for (const coding of ['gzip', 'GZIP', 'br', 'identity, gzip', 'aws-chunked', 'x']) {
      const refused = await send(
        [
          ['Content-Encoding', coding],
          ['Content-Length', '5'],
        ],
        'hello',
      );
      assert.equal(refused.status, 415, coding);
      assert.equal(refused.headers.get('accept-encoding'), 'identity');
      const inChunks: [string, string][] = [
        ['Content-Encoding', coding],
        ['Transfer-Encoding', 'chunked'],
      ];
      assert.equal((await send(inChunks, chunks)).status, 415, coding);
    }
    for (const coding of ['gzip, chunked', 'gzip,chunked', 'deflate, Chunked', 'x, chunked']) {
      const refused = await send([['Transfer-Encoding', coding]], chunks);
      assert.equal(refused.status, 501, coding);
      assert.equal(refused.headers.get('tus-resumable'), '1.0.0');
    }
    const twoLines: [string, string][] = [
      ['Transfer-Encoding', 'gzip'],
      ['Transfer-Encoding', 'chunked'],
    ];
    assert.equal((await send(twoLines, chunks)).status, 501);
    // Nothing tells where such a body ends (RFC 9112, 6.3).
    for (const coding of ['gzip', 'chunked, gzip', 'identity', 'chunked, chunked']) {
      const { status } = await send([['Transfer-Encoding', coding]], chunks);
      assert.ok(status === 400 || status === 501, `${coding}: ${status}`);
    }
  }
  assert.equal(await s.count(), before);
  assert.equal((await s.look(url)).get('upload-offset'), '0');
  for (const method of ['DELETE', 'HEAD', 'OPTIONS', 'GET']) {
    const coded: [string, string][] = [['Transfer-Encoding', 'gzip, chunked']];
    assert.equal((await s.raw(method, url, coded, chunks)).status, 501, method);
  }
  for (const coding of ['identity', 'Identity', '', ' , ']) {
    const lines: [string, string][] = [
      ['Content-Encoding', coding],
      ['Transfer-Encoding', 'CHUNKED'],
    ];
    assert.equal((await post(lines, chunks)).status, 201, coding);
  }
  // There is nothing that could be coded.
  const none = await s.ask('POST', s.url, { ...FIVE, 'Content-Encoding': 'gzip' });
  assert.equal(none.status, 201);
});

test('a PATCH that is refused for its checksum leaves a deferred length unknown', async (t) => {
  const s = await served(t);
  const url = await s.make(DEFERRED);
  const length = { 'Upload-Length': '5' };
  const wrong = 'sha1 AAAAAAAAAAAAAAAAAAAAAAAAAAA=';
  const refused = async (expected: number, content: Parameters<Served['patch']>[3]) => {
    const { status } = await s.patch(url, 0, 'hello', content);
    assert.equal(status, expected, JSON.stringify(content));
    const headers = await s.look(url);
    assert.equal(headers.get('upload-length'), undefined, JSON.stringify(content));
    assert.equal(headers.get('upload-defer-length'), '1');
    assert.equal(headers.get('upload-offset'), '0');
  };
  await refused(460, { headers: { ...length, 'Upload-Checksum': wrong } });
  for (const algorithm of ['md4', 'SHA1', '']) {
    await refused(400, { headers: { ...length, 'Upload-Checksum': `${algorithm} AAAA` } });
  }
  const trailer = { chunked: true, headers: length };
  await refused(460, { ...trailer, trailers: { 'Upload-Checksum': wrong } });
  for (const text of ['sha1', 'sha1 !!!', 'md4 AAAA', '']) {
    await refused(400, { ...trailer, trailers: { 'Upload-Checksum': text } });
  }
  await refused(400, { chunked: true, headers: { ...length, Trailer: 'Upload-Checksum' } });
  await refused(413, { headers: { 'Upload-Length': '4' } });
  await refused(412, { headers: { ...length, 'If-Match': '"other"' } });
  assert.equal((await s.patch(url, 0, 'hello', { headers: length })).status, 204);
});

test('a chunked PATCH that overruns keeps what belongs to the upload, which is finished', async (t) => {
  const s = await served(t);
  const url = await s.make(FIVE, 'he');
  const refused = await s.patch(url, 2, 'lloXYZ', { chunked: true });
  assert.equal(refused.status, 413);
  assert.equal(refused.headers.get('upload-offset'), '5');
  assert.equal((await s.look(url)).get('upload-offset'), '5');
  assert.equal((await s.ask('GET', url)).body.toString(), 'hello');
  // With a length that is declared it is known before the first byte, and nothing is taken.
  const other = await s.make(FIVE, 'he');
  assert.equal((await s.patch(other, 2, 'lloXYZ')).status, 413);
  assert.equal((await s.look(other)).get('upload-offset'), '2');
  const created = await s.ask(
    'POST',
    s.url,
    { ...FIVE, 'Content-Type': OFFSET_STREAM },
    { body: Buffer.from('helloXYZ'), chunked: true },
  );
  assert.deepEqual([created.status, created.headers.has('location')], [413, false]);
  assert.equal(await s.count(), 2);
});
