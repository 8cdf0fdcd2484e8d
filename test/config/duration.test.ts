import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { DURATION_PATTERN, parseDuration, readDuration } from '../../src/config/values/duration.ts';
import { Fault } from '../../src/fault.ts';
import { isRefused, outcome } from './readings.ts';

test('durations come to milliseconds', () => {
  assert.equal(parseDuration('90s'), 90_000);
  assert.equal(parseDuration('36h'), 129_600_000);
  assert.equal(parseDuration('1h30m'), 5_400_000);
  assert.equal(parseDuration('500ms'), 500);
  assert.equal(parseDuration('2d'), 172_800_000);
  assert.equal(parseDuration('1m500ms'), 60_500);
  assert.equal(parseDuration('1d2h3m4s5ms'), 93_784_005);
  assert.equal(parseDuration('1.5h'), 5_400_000);
  assert.equal(parseDuration('0s'), 0);
});

test('a number without a unit is refused with a sentence that says so', () => {
  assert.match(String(outcome(readDuration('36'))), /no unit.*"36h"/);
  assert.match(String(outcome(readDuration(60))), /no unit/);
});

test('anything that is not wholly a duration is refused', () => {
  const wrong = ['', ' ', '-1s', '1s1s', '30m1h', '1h 30m', '90 s', '1H', '1w', '1 day', 's', 'h1'];
  for (const text of [...wrong, '1e3s', '0x1s', '1h30', '.5h', '1.h', 'PT1H', 'NaN']) {
    assert.ok(isRefused(readDuration(text)), text);
  }
  assert.ok(isRefused(readDuration(`${'9'.repeat(400)}d`)), 'an infinite number');
});

test('what a command line may say is refused with a usage fault', () => {
  assert.throws(
    () => parseDuration('soon'),
    (error) => error instanceof Fault && error.exitCode === 64 && error.message.includes('"soon"'),
  );
});

test('the pattern of the JSON Schema accepts exactly what the reader accepts', () => {
  const pattern = new RegExp(DURATION_PATTERN);
  const part = fc.constantFrom('1d', '2h', '3m', '4s', '5ms', '1.5h', '6', 'x', ' ');
  fc.assert(
    fc.property(fc.array(part, { maxLength: 5 }), (parts) => {
      const text = parts.join('');
      assert.equal(pattern.test(text), !isRefused(readDuration(text)), text);
    }),
  );
});
