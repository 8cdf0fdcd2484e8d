import assert from 'node:assert/strict';
import { test } from 'node:test';
import { headerLines } from '../../src/text/header-lines.ts';

test('all lines of a header are found, in any case and in order, and no other header', () => {
  const raw = ['Host', 'a', 'X-User', 'one', 'x-usex', 'no', 'X-USER', 'two', 'X-User-Id', 'no'];
  assert.deepEqual(headerLines(raw, 'x-user'), ['one', 'two']);
  assert.deepEqual(headerLines(raw, 'x-none'), []);
  // A value is no name.
  assert.deepEqual(headerLines(['A', 'x-user'], 'x-user'), []);
});
