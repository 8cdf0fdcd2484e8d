import assert from 'node:assert/strict';
import { test } from 'node:test';
import { byteRange } from '../../src/http/download/byte-range.ts';

test('one range is the part that it names, as far as there is one', () => {
  for (const [text, from, to] of [
    ['bytes=0-0', 0, 1],
    ['bytes=2-4', 2, 5],
    ['bytes=2-', 2, 10],
    ['bytes=2-9999', 2, 10],
    [`bytes=9-${'9'.repeat(40)}`, 9, 10],
    ['bytes=-3', 7, 10],
    ['bytes=-10', 0, 10],
    // Longer than the file: the file.
    ['bytes=-11', 0, 10],
    [`bytes=-${'9'.repeat(40)}`, 0, 10],
    ['Bytes= 2-4 ', 2, 5],
    ['bytes=,2-4,', 2, 5],
    // What is outside does not count beside what is inside.
    ['bytes=2-4,50-60', 2, 5],
  ] as const) {
    assert.deepEqual(byteRange(text, 10), { from, to }, text);
  }
});

test('what is no range, or several, is the whole file', () => {
  for (const text of [
    ...[
      undefined,
      '',
      'bytes',
      'bytes=',
      'bytes=,',
      'bytes=-',
      'bytes=a-b',
      'bytes=1',
      'bytes=4-2',
    ],
    ...['items=0-1', 'bytes:0-1', 'bytes=0x1-2', 'bytes=+1-2', 'bytes=1-2-3', 'bytes=1.5-2'],
    ...['bytes=0-1,4-5', 'bytes=0-,-1', 'bytes=0-1,nonsense', 'bytes=--1'],
  ]) {
    assert.equal(byteRange(text, 10), null, text);
  }
});

test('a range behind the end is outside', () => {
  for (const text of ['bytes=10-', 'bytes=10-20', 'bytes=-0', 'bytes=10-,99-', 'bytes=99-']) {
    assert.equal(byteRange(text, 10), 'outside', text);
  }
});

test('of an empty file the last bytes are the file, and every first byte is outside', () => {
  assert.equal(byteRange('bytes=-5', 0), null);
  assert.equal(byteRange('bytes=0-', 0), 'outside');
  assert.equal(byteRange('bytes=-0', 0), 'outside');
});
