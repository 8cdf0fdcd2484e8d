import assert from 'node:assert/strict';
import { test } from 'node:test';
import { shortId } from '../../src/terminal/short-id.ts';

test('a long id is its beginning and an ellipsis', () => {
  assert.equal(shortId('k3v9QmT4xyz', 4), 'k3v9…');
  assert.equal(shortId('k3v9QmT4xyz', 6), 'k3v9Qm…');
});

test('an id that is short already stays whole', () => {
  assert.equal(shortId('k3v9', 4), 'k3v9');
  assert.equal(shortId('', 4), '');
});

test('a hostile id is made visible, and its characters are not cut in two', () => {
  assert.equal(shortId('\x1b[2J'.repeat(1000), 2), '\\x1b[…');
  assert.equal(shortId('😀😀😀', 2), '😀😀…');
  assert.equal(shortId('\u202e', 4), '\\u{202e}');
});
