import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type OwnPaths, parseConcat } from '../../src/protocol/tus/concat.ts';

const OWN = { basePath: '/uploads/files/', publicUrl: 'https://cdn.example.org/up/' };

const parts = (text: string, own: OwnPaths = OWN) => {
  const concat = parseConcat(text, own);
  return concat.kind === 'final' ? concat.parts : concat.kind;
};

test('Upload-Concat says what an upload is', () => {
  assert.deepEqual(parseConcat(undefined, OWN), { kind: 'single' });
  assert.deepEqual(parseConcat('partial', OWN), { kind: 'partial' });
  for (const text of [
    '',
    'Partial',
    'partial ',
    'final',
    'finally',
    'single',
    'final;',
    'final; ',
  ]) {
    assert.throws(() => parseConcat(text, OWN), { code: 'BAD_REQUEST' }, text);
  }
});

test('parts are named by URLs in their order, also twice, with any space between them', () => {
  assert.deepEqual(
    parts('final;/uploads/files/a http://127.0.0.1:1080/uploads/files/b /up/c d /uploads/files/a'),
    ['a', 'b', 'c', 'd', 'a'],
  );
  assert.deepEqual(parts('final; /uploads/files/a  b \t c '), ['a', 'b', 'c']);
});

test('only the path of a URL counts, since proxies rewrite what is before it', () => {
  for (const url of [
    ...['http://evil.example/uploads/files/a', 'https://host:443/uploads/files/a'],
    ...['HTTPS://CDN.example.org/up/a', 'https://cdn.example.org:8443/up/a'],
    ...['http://user:secret@host/uploads/files/a', 'http://[::1]:1080/uploads/files/a'],
    ...['//host/uploads/files/a', 'tus+http://host/uploads/files/a'],
    // Of a proxy that has stripped the beginning.
    ...['/proxied/uploads/files/a', 'https://host/proxied/twice/uploads/files/a', '/x/up/a'],
    // A query may hold what a proxy wants to see; it is no part of the upload's name.
    ...[
      '/uploads/files/a?token=b/c',
      'http://host/uploads/files/a?b#c',
      '/uploads/files/a#b',
      'a?b',
    ],
  ]) {
    assert.deepEqual(parts(`final;${url}`), ['a'], url);
  }
  const root = { basePath: '/', publicUrl: null };
  assert.deepEqual(parts('final;http://host/a /b /proxied/c', root), ['a', 'b', 'c']);
});

test('a path that is not ours names no part', () => {
  for (const url of [
    ...['/elsewhere/a', 'http://host/a', '//host/files/a', 'file:///etc/passwd', 'mailto:a'],
    ...['/uploads/files', '/uploads/files/a/b', '/my-uploads/files2/a', '/xuploads/files/a'],
    ...['/uploads/files/../../etc/passwd', '/uploads/files/%2e%2e/x', '../a', '.', './a'],
    ...['/elsewhere/../uploads/files/a', '/%2E%2e/uploads/files/a', '/..%2f/uploads/files/a'],
    ...['/uploads/files/', '/uploads/files/a/', '/uploads/files/?a', '-a', '?', '#a', 'http://a'],
    ...['/uploads/files/..', '/uploads/files/.a', '/uploads/files/a%00', '/\\/uploads/files/a'],
    `/uploads/files/${'a'.repeat(129)}`,
  ]) {
    assert.throws(() => parts(`final;${url}`), { code: 'BAD_REQUEST' }, url);
    assert.throws(() => parts(`final;/uploads/files/a ${url}`), { code: 'BAD_REQUEST' }, url);
  }
});

test('a hostile list is read in no time', () => {
  const long = `final;${'/a'.repeat(20_000)}${'?'.repeat(20_000)} ${' '.repeat(20_000)}`;
  assert.throws(() => parts(long), { code: 'BAD_REQUEST' });
});
