import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pathWithin } from '../../src/hooks/storage-path.ts';

test('a hook chooses a path below the root, absolute or relative to it', () => {
  assert.equal(pathWithin('/srv/in', 'a.txt'), 'a.txt');
  assert.equal(pathWithin('/srv/in', 'apollo/11/a b.txt'), 'apollo/11/a b.txt');
  assert.equal(pathWithin('/srv/in', '/srv/in/apollo/a.txt'), 'apollo/a.txt');
  assert.equal(pathWithin('/srv/in', '.hidden'), '.hidden');
});

test('a path that leads out of the root, or cannot be the path of a file, is refused', () => {
  for (const path of [
    '../a.txt',
    'a/../../b',
    'a/../b',
    '/srv/inside/a.txt',
    '/srv/in',
    '/etc/passwd',
    'a//b',
    'a/',
    './a',
    '.',
    'a\0b',
    'a\nb',
    '.tusd-ts/a',
    'x'.repeat(256),
    `${'a/'.repeat(1500)}b`,
  ]) {
    assert.equal(pathWithin('/srv/in', path), null, JSON.stringify(path.slice(0, 40)));
  }
});
