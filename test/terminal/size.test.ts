import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { formatBytes, formatCount, formatRate, formatSize } from '../../src/terminal/size.ts';

const MIB = 1024 ** 2;
const GIB = 1024 ** 3;

test('a size has a binary unit and at most three digits', () => {
  const expected: [number, string][] = [
    [0, '0 B'],
    [1, '1 B'],
    [999, '999 B'],
    [1023, '1023 B'],
    [1024, '1 KiB'],
    [1536, '1.5 KiB'],
    [812 * MIB, '812 MiB'],
    [883_949_568, '843 MiB'],
    [2_040_109_465, '1.9 GiB'],
    [12 * GIB, '12 GiB'],
    [12.34 * GIB, '12.3 GiB'],
    [Number.MAX_SAFE_INTEGER, '8 PiB'],
  ];
  for (const [bytes, text] of expected) assert.equal(formatSize(bytes), text);
});

test('a size that rounds up to 1024 of a unit is one of the next', () => {
  assert.equal(formatSize(MIB - 1), '1 MiB');
  assert.equal(formatSize(GIB - 1), '1 GiB');
  assert.equal(formatSize(1023 * 1024), '1023 KiB');
  assert.equal(formatSize(9.996 * MIB), '10 MiB');
  assert.equal(formatSize(99.96 * MIB), '100 MiB');
});

test('an unknown size says so', () => {
  assert.equal(formatSize(null), 'unknown');
  assert.equal(formatBytes(null), 'unknown');
});

test('any size is short, never 1024 of anything, and within a hundredth of the truth', () => {
  const factor = new Map(['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'].map((u, i) => [u, 1024 ** i]));
  fc.assert(
    fc.property(fc.maxSafeNat(), (bytes) => {
      const text = formatSize(bytes);
      const [number = '', unit = ''] = text.split(' ');
      assert.match(text, /^(\d{1,4}|\d\.\d{1,2}|\d\d\.\d) (B|[KMGTP]iB)$/);
      assert.ok(Number(number) < 1024);
      assert.ok(Math.abs(Number(number) * (factor.get(unit) ?? 0) - bytes) <= bytes / 100);
    }),
  );
});

test('exact bytes have separators and a plural', () => {
  assert.equal(formatBytes(883_949_568), '883,949,568 bytes');
  assert.equal(formatBytes(1), '1 byte');
  assert.equal(formatBytes(0), '0 bytes');
  assert.equal(formatCount(999), '999');
  assert.equal(formatCount(1000), '1,000');
  assert.equal(formatCount(200_000), '200,000');
});

test('a rate is a size per second, and nothing when no time passed', () => {
  assert.equal(formatRate(812 * MIB, 66_000), '12.3 MiB/s');
  assert.equal(formatRate(10, 1000), '10 B/s');
  assert.equal(formatRate(1, 3000), '0 B/s');
  assert.equal(formatRate(4096, 0), null);
});
