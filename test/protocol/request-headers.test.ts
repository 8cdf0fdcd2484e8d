import assert from 'node:assert/strict';
import { test } from 'node:test';
import { OFFSET_STREAM } from '../../conformance/tus.ts';
import { DEFERRED, FIVE, served } from './support/served.ts';

test('metadata that is empty is none, and a list comes back as every client reads it', async (t) => {
  const s = await served(t);
  for (const value of ['', ' ', ',', ' , ']) {
    const url = await s.make({ ...FIVE, 'Upload-Metadata': value });
    assert.equal((await s.look(url)).has('upload-metadata'), false, `"${value}"`);
  }
  for (const value of ['a YQ==, b Yg==', 'a YQ== ,\tb Yg==,', ',a YQ==,,b Yg==']) {
    const url = await s.make({ ...FIVE, 'Upload-Metadata': value });
    assert.equal((await s.look(url)).get('upload-metadata'), 'a YQ==,b Yg==', value);
  }
  const lines: [string, string][] = [
    ['Upload-Length', '0'],
    ['Upload-Metadata', 'a YQ=='],
    ['Upload-Metadata', 'b Yg=='],
    ['Upload-Metadata', 'a YQ=='],
    ['Content-Length', '0'],
  ];
  const { status, headers } = await s.raw('POST', s.url, lines);
  assert.equal(status, 201);
  const url = new URL(headers.get('location') ?? '', s.url).href;
  assert.equal((await s.look(url)).get('upload-metadata'), 'a YQ==,b Yg==');
  for (const value of ['a !!!', 'a YQ==, a Yg==', 'a YQ==, Yg==', 'a  YQ==']) {
    const refused = await s.ask('POST', s.url, { ...FIVE, 'Upload-Metadata': value });
    assert.equal(refused.status, 400, value);
    assert.match(refused.body.toString(), /metadata/);
  }
});

test('the header of another upload is no empty one: what says nothing is refused', async (t) => {
  const s = await served(t);
  const url = await s.make(FIVE);
  for (const headers of [
    { ...FIVE, 'Upload-Concat': '' },
    { 'Upload-Length': '' },
    { 'Upload-Defer-Length': '' },
    { ...FIVE, 'Upload-Defer-Length': '' },
  ]) {
    assert.equal((await s.ask('POST', s.url, headers)).status, 400, JSON.stringify(headers));
  }
  const headers = { 'Upload-Checksum': '' };
  assert.equal((await s.patch(url, 0, 'hello', { headers })).status, 400);
  assert.equal((await s.patch(url, '', 'hello')).status, 400);
  assert.equal((await s.look(url)).get('upload-offset'), '0');
});

test('whitespace around a value and a line that a proxy has doubled change nothing', async (t) => {
  const s = await served(t);
  const created = await s.raw('POST', s.url, [
    ['Upload-Length', ' \t5 '],
    ['Upload-Length', '5'],
    ['Upload-Concat', ' partial  '],
    ['Upload-Concat', 'partial'],
    ['Tus-Resumable', '1.0.0'],
    ['Content-Length', '0'],
  ]);
  assert.equal(created.status, 201);
  const url = new URL(created.headers.get('location') ?? '', s.url).href;
  const patched = await s.raw(
    'PATCH',
    url,
    [
      ['Content-Type', `  ${OFFSET_STREAM} `],
      ['Content-Type', OFFSET_STREAM],
      ['Upload-Offset', '0  '],
      ['Upload-Offset', '0'],
      ['Upload-Checksum', ' sha1 qvTGHdzF6KLavt4PO0gs2a6pQ00= '],
      ['Content-Length', '5'],
    ],
    'hello',
  );
  assert.equal(patched.status, 204, patched.body.toString());
  const differing = await s.raw('POST', s.url, [
    ['Upload-Length', '5'],
    ['Upload-Length', '6'],
    ['Content-Length', '0'],
  ]);
  assert.equal(differing.status, 400);
});

test('media types are compared without case and parameters', async (t) => {
  const s = await served(t);
  for (const type of [
    'Application/Offset+Octet-Stream',
    'application/offset+octet-stream; charset=utf-8',
    'APPLICATION/OFFSET+OCTET-STREAM;x="y;z"',
  ]) {
    const headers = { 'Content-Type': type };
    const url = await s.make({ ...FIVE, ...headers }, 'he');
    assert.equal((await s.patch(url, 2, 'llo', { headers })).status, 204, type);
  }
  const url = await s.make(FIVE);
  const other = [undefined, '', 'text/plain', 'application/octet-stream', `x${OFFSET_STREAM}`];
  for (const type of other) {
    const headers = { 'Content-Type': type };
    assert.equal((await s.patch(url, 0, 'hello', { headers })).status, 415, type);
  }
});

test('an offset beyond every number is as wrong as any other', async (t) => {
  const s = await served(t);
  const url = await s.make(FIVE, 'he');
  const finished = await s.make(FIVE, 'hello');
  for (const at of ['3', '9007199254740992', '99999999999999999999', '9'.repeat(300)]) {
    for (const [address, offset] of [
      [url, '2'],
      [finished, '5'],
    ] as const) {
      const refused = await s.patch(address, at, 'llo');
      assert.deepEqual([refused.status, refused.headers.get('upload-offset')], [409, offset], at);
    }
  }
  for (const at of ['02', '+2', '2.0', '2e0', '0x2', '-2', 'two', '2, 2']) {
    assert.equal((await s.patch(url, at, 'llo')).status, 400, at);
  }
  for (const length of ['05', '+5', '5.0', '5e0', '0x5', '-5', 'five', '5, 5']) {
    const headers = { 'Upload-Length': length };
    assert.equal((await s.ask('POST', s.url, headers)).status, 400, length);
    const deferred = await s.make(DEFERRED);
    assert.equal((await s.patch(deferred, 0, 'hello', { headers })).status, 400, length);
    assert.equal((await s.look(deferred)).get('upload-defer-length'), '1');
  }
  for (const length of ['9007199254740992', '9'.repeat(300)]) {
    const headers = { 'Upload-Length': length };
    assert.equal((await s.ask('POST', s.url, headers)).status, 413, length);
    const deferred = await s.make(DEFERRED);
    assert.equal((await s.patch(deferred, 0, 'hello', { headers })).status, 413, length);
    assert.equal((await s.look(deferred)).get('upload-defer-length'), '1');
  }
  assert.equal((await s.patch(url, 2, 'llo')).status, 204);
});

test('parts of a parallel upload are joined by whatever host their URLs name', async (t) => {
  const s = await served(t, { listener: { publicUrl: 'https://cdn.example.org/up/' } });
  const partial = { 'Upload-Length': '2', 'Upload-Concat': 'partial' };
  const ids = [await s.make(partial, 'he'), await s.make(partial, 'll')].map((url) =>
    url.slice(s.url.length),
  );
  const { host } = new URL(s.url);
  for (const base of [
    ...['http://backend:8080/uploads/files/', 'https://uploads.example.org:443/uploads/files/'],
    ...['HTTPS://CDN.EXAMPLE.ORG/up/', '//other/uploads/files/', '/uploads/files/', '', '/up/'],
    ...[`https://${host}/stripped/uploads/files/`, 'https://user@host/a/b/up/'],
  ]) {
    const list = `final;${ids.map((id) => base + id).join('  ')}`;
    const url = await s.make({ 'Upload-Concat': list });
    assert.equal((await s.ask('GET', url)).body.toString(), 'hell', base);
    assert.equal((await s.look(url)).get('upload-concat'), list);
  }
  for (const base of ['https://cdn.example.org/', '/elsewhere/', '/uploads/files/../files/']) {
    const headers = { 'Upload-Concat': `final;${base}${ids[0]}` };
    assert.equal((await s.ask('POST', s.url, headers)).status, 400, base);
  }
});
