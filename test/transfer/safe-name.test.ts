import assert from 'node:assert/strict';
import { test } from 'node:test';
import { downloadName, safeName } from '../../src/transfer/get/safe-name.ts';

test('a name of a server is never a path, hidden, reserved or invisible', () => {
  for (const [given, safe] of [
    ['photo.jpg', 'photo.jpg'],
    ['Größe & Maß.tar.gz', 'Größe & Maß.tar.gz'],
    ['../../etc/passwd', 'passwd'],
    ['C:\\Windows\\system.ini', 'system.ini'],
    ['/etc/', 'etc'],
    ['..', 'download'],
    ['', 'download'],
    ['...', 'download'],
    ['.bashrc', '_bashrc'],
    ['a.txt. . ', 'a.txt'],
    ['a\u202etxt.exe', 'a_txt.exe'],
    ['a\x1b[31m\n.txt', 'a_[31m_.txt'],
    ['NUL', '_NUL'],
    ['com1.txt', '_com1.txt'],
    ['a:b*?.txt', 'a_b__.txt'],
  ] as const) {
    assert.equal(safeName(given), safe, JSON.stringify(given));
  }
});

test('a long name is cut at a character and keeps its extension', () => {
  const name = safeName(`${'👩‍👩‍👧'.normalize()}${'ä'.repeat(300)}.tar.gz`);
  assert.ok(Buffer.byteLength(name) <= 240);
  assert.match(name, /ä\.tar\.gz$/);
  const emoji = safeName(`${'😀'.repeat(100)}.txt`);
  assert.equal(emoji, `${'😀'.repeat(59)}.txt`);
});

test('the name comes from Content-Disposition, else from the address', () => {
  const url = new URL('http://host/files/24e5%20x?download');
  assert.equal(downloadName("attachment; filename*=UTF-8''%e2%82%ac.txt", url), '€.txt');
  assert.equal(downloadName('inline; filename="a b.txt"', url), 'a b.txt');
  assert.equal(downloadName('nonsense;;=', url), '24e5 x');
  assert.equal(downloadName(undefined, url), '24e5 x');
  assert.equal(downloadName(undefined, new URL('http://host/')), 'download');
});
