import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  DAY,
  describePeriod,
  formatAge,
  formatDuration,
  formatRelative,
  formatSpan,
  HOUR,
  MINUTE,
  SECOND,
} from '../../src/text/span.ts';

test('a duration names its two largest units', () => {
  const expected: [number, string][] = [
    [0, '0 ms'],
    [4, '4 ms'],
    [4.4, '4 ms'],
    [999, '999 ms'],
    [2 * SECOND, '2 s'],
    [1840, '1.8 s'],
    [48_300, '48 s'],
    [66 * SECOND, '1 min 6 s'],
    [3 * HOUR + 12 * MINUTE, '3 h 12 min'],
    [20 * HOUR + 48 * MINUTE + 59 * SECOND, '20 h 48 min'],
    [3 * DAY + 2 * HOUR, '3 d 2 h'],
    [400 * DAY, '400 d'],
  ];
  for (const [ms, text] of expected) assert.equal(formatDuration(ms), text);
});

test('a duration rounds over into the next unit', () => {
  assert.equal(formatDuration(999.6), '1 s');
  assert.equal(formatDuration(9_960), '10 s');
  assert.equal(formatDuration(59_600), '1 min');
  assert.equal(formatDuration(HOUR - 1), '1 h');
});

test('a second unit that is zero is left out', () => {
  assert.equal(formatDuration(2 * HOUR + 30 * SECOND), '2 h');
  assert.equal(formatDuration(DAY + 59 * MINUTE), '1 d');
});

test('a clock that was set back makes neither a negative duration nor a negative age', () => {
  assert.equal(formatDuration(-5000), '0 ms');
  assert.equal(formatAge(-5000), 'now');
});

test('an age below five seconds is now', () => {
  assert.equal(formatAge(0), 'now');
  assert.equal(formatAge(4999), 'now');
  assert.equal(formatAge(5000), '5 s');
  assert.equal(formatAge(59_999), '59 s');
  assert.equal(formatAge(3 * HOUR + 12 * MINUTE + 59_999), '3 h 12 min');
});

test('a moment is given in one unit, from two of it on', () => {
  assert.equal(formatRelative(20 * HOUR + 10 * MINUTE), 'in 20 h');
  assert.equal(formatRelative(DAY), 'in 24 h');
  assert.equal(formatRelative(DAY - 1), 'in 24 h');
  assert.equal(formatRelative(3 * DAY), 'in 3 d');
  assert.equal(formatRelative(90 * MINUTE), 'in 90 min');
  assert.equal(formatRelative(90 * SECOND), 'in 90 s');
  assert.equal(formatRelative(SECOND), 'in 1 s');
  assert.equal(formatRelative(-3 * HOUR), '3 h ago');
});

test('a moment that is here is now, and one that will not come is never', () => {
  assert.equal(formatRelative(0), 'now');
  assert.equal(formatRelative(-400), 'now');
  assert.equal(formatRelative(null), 'never');
});

test('a span in a sentence is given in one unit', () => {
  const expected: [number, string][] = [
    [300, '0.3 s'],
    [30 * SECOND, '30 s'],
    [90 * SECOND, '90 s'],
    [5 * MINUTE, '5 min'],
    [90 * MINUTE, '90 min'],
    [3 * HOUR, '3 h'],
    [36 * HOUR, '36 h'],
    [3 * DAY, '3 d'],
  ];
  for (const [ms, text] of expected) assert.equal(formatSpan(ms), text);
});

test('a period is given in the unit that a person would choose', () => {
  assert.equal(describePeriod(DAY), '1 day');
  assert.equal(describePeriod(36 * HOUR), '36 hours');
  assert.equal(describePeriod(2.5 * DAY), '60 hours');
  assert.equal(describePeriod(90_000), '90 seconds');
  assert.equal(describePeriod(365 * DAY), '365 days');
  assert.equal(describePeriod(123.4567 * DAY), '123.46 days');
  assert.equal(describePeriod(1), '1 millisecond');
});
