import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseConcat } from '../../src/protocol/tus/concat.ts';

const OWN = {
  basePath: '/uploads/files/',
  publicUrl: 'https://cdn.example.org/up/',
  ownHosts: () => ['127.0.0.1:1080', 'cdn.example.org'],
};

const parts = (text: string) => {
  const concat = parseConcat(text, OWN);
  return concat.kind === 'final' ? concat.parts : concat.kind;
};

test('Upload-Concat says what an upload is', () => {
  assert.deepEqual(parseConcat(undefined, OWN), { kind: 'single' });
  assert.deepEqual(parseConcat('partial', OWN), { kind: 'partial' });
  for (const text of ['', 'Partial', 'partial ', 'final', 'finally', 'single']) {
    assert.throws(() => parseConcat(text, OWN), { code: 'BAD_REQUEST' }, text);
  }
});

test('parts are named by any URL that is ours, in their order, also twice', () => {
  assert.deepEqual(
    parts(
      'final;/uploads/files/a http://127.0.0.1:1080/uploads/files/b HTTPS://CDN.example.org/up/c /up/d e /uploads/files/a',
    ),
    ['a', 'b', 'c', 'd', 'e', 'a'],
  );
});

test('a URL that is not ours names no part', () => {
  for (const url of [
    ...['http://evil.example/uploads/files/a', 'http://127.0.0.1:1081/uploads/files/a'],
    ...['//evil.example/uploads/files/a', 'ftp://127.0.0.1:1080/uploads/files/a'],
    ...['http://127.0.0.1:1080@evil.example/uploads/files/a', '/elsewhere/a'],
    ...['/uploads/files/../../etc/passwd', '/uploads/files/%2e%2e/x', '../a', '.', ''],
    ...['/uploads/files/', '/uploads/files/a/', '/uploads/files/a?b', '/uploads/files/a#b', '-a'],
  ]) {
    assert.throws(() => parts(`final;${url}`), { code: 'BAD_REQUEST' }, url);
    assert.throws(() => parts(`final;/uploads/files/a ${url}`), { code: 'BAD_REQUEST' }, url);
  }
});
