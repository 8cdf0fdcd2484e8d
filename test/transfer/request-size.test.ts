import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createRequestSize } from '../../src/transfer/send/request-size.ts';

const MIB = 2 ** 20;

test('requests with checksums grow while they are quick, and shrink when they take long', () => {
  const size = createRequestSize(true, null);
  const seen = [100, 100, 100, 100, 100, 3000, 9000, 100].map((elapsed) => {
    size.worked(elapsed);
    return size.current / MIB;
  });
  assert.deepEqual(seen, [8, 16, 32, 64, 64, 64, 32, 64]);
});

test('without checksums one request carries all, until it brings nothing forward', () => {
  const size = createRequestSize(false, null);
  size.worked(100_000);
  assert.equal(size.current, Number.POSITIVE_INFINITY);
  size.failed();
  assert.equal(size.current, 64 * MIB);
  for (let failure = 0; failure < 20; failure++) size.failed();
  assert.equal(size.current, 64 * 1024);
});

test('no request is larger than was asked for', () => {
  for (const checked of [true, false]) {
    const size = createRequestSize(checked, 5000);
    assert.equal(size.current, 5000);
    size.failed();
    size.worked(1);
    assert.equal(size.current, 5000);
  }
});
