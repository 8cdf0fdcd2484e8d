import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { formatPercent, progressBar } from '../../src/terminal/progress-bar.ts';

test('a bar fills with what was received', () => {
  assert.equal(progressBar({ received: 0, length: 100 }), '░░░░░░░░░░░░░░░');
  assert.equal(progressBar({ received: 54, length: 100 }), '████████░░░░░░░');
  assert.equal(progressBar({ received: 100, length: 100 }), '███████████████');
});

test('a bar can be narrower and made of ASCII', () => {
  const options = { cells: 4, unicode: false };
  assert.equal(progressBar({ received: 1, length: 2 }, options), '##--');
  assert.equal(progressBar({ received: 1, length: null }, options), '....');
});

test('an unknown length is a row of dots without a percentage', () => {
  assert.equal(progressBar({ received: 812, length: null }), '···············');
  assert.equal(formatPercent({ received: 812, length: null }), '');
});

test('an empty upload is complete', () => {
  assert.equal(progressBar({ received: 0, length: 0 }, { cells: 3 }), '███');
  assert.equal(formatPercent({ received: 0, length: 0 }), '100 %');
});

test('more than everything and less than nothing are clamped', () => {
  assert.equal(progressBar({ received: 9, length: 3 }, { cells: 3 }), '███');
  assert.equal(formatPercent({ received: 9, length: 3 }), '100 %');
  assert.equal(progressBar({ received: -9, length: 3 }, { cells: 3 }), '░░░');
  assert.equal(formatPercent({ received: -9, length: 3 }), '0 %');
});

test('percentages are rounded down', () => {
  assert.equal(formatPercent({ received: 883_949_568, length: 2_040_109_465 }), '43 %');
  assert.equal(formatPercent({ received: 999, length: 1000 }), '99 %');
});

test('neither bar nor percentage is full before the last byte, however long the upload', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }), (length) => {
      const almost = { received: length - 1, length };
      assert.match(progressBar(almost), /^█*░+$/);
      assert.equal(progressBar(almost).length, 15);
      assert.notEqual(formatPercent(almost), '100 %');
    }),
  );
});
