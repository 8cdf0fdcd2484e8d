import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  joinedPartSize,
  largerPartSize,
  partSizeFor,
} from '../../../../src/storage/bytes/s3/layout/part-size.ts';

const MIB = 1024 ** 2;
const TIB = 1024 ** 4;

test('parts are as small as may be, and fit into the numbers that S3 has', () => {
  for (const length of [0, 1, 8 * MIB, 70 * 1024 * MIB]) assert.equal(partSizeFor(length), 8 * MIB);
  assert.equal(partSizeFor(null), 16 * MIB);
  for (const length of [71 * 1024 * MIB, TIB, 5 * TIB, 40 * TIB]) {
    const size = partSizeFor(length);
    assert.ok(length / size <= 9_000 && size % MIB === 0 && size <= 5 * 1024 * MIB, String(size));
  }
});

test('a configured size is the smallest', () => {
  assert.equal(partSizeFor(1, 5 * MIB), 5 * MIB);
  assert.equal(partSizeFor(null, 64 * MIB), 64 * MIB);
  assert.ok(partSizeFor(5 * TIB, 5 * MIB) >= (5 * TIB) / 9_000);
  assert.equal(partSizeFor(100_000, 1_000), 1_000);
});

test('joined uploads have larger parts, and so have those that used up their numbers', () => {
  assert.equal(joinedPartSize(1), 32 * MIB);
  assert.equal(joinedPartSize(1, 100_000), 100_000);
  assert.ok(joinedPartSize(5 * TIB) >= (5 * TIB) / 9_000);
  assert.equal(largerPartSize(16 * MIB), 256 * MIB);
  assert.equal(largerPartSize(1024 * MIB), 5 * 1024 * MIB);
});
