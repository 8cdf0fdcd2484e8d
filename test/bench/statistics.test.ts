import assert from 'node:assert/strict';
import { test } from 'node:test';
import { median, percentile } from '../../bench/statistics.ts';

test('the median of an even count is the mean of the two in the middle', () => {
  assert.equal(median([9, 1, 5]), 5);
  assert.equal(median([4, 1, 3, 2]), 2.5);
  assert.equal(median([7]), 7);
  assert.ok(Number.isNaN(median([])));
});

test('a percentile is a value that occurred', () => {
  const hundred = Array.from({ length: 100 }, (_, index) => index + 1);
  assert.equal(percentile(hundred, 0.5), 50);
  assert.equal(percentile(hundred, 0.99), 99);
  assert.equal(percentile([3], 0.99), 3);
  assert.ok(Number.isNaN(percentile([], 0.5)));
});
