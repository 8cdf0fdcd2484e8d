import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Cron } from 'croner';
import fc from 'fast-check';
import { readSchedule } from '../../src/config/values/cron-pattern.ts';
import { isRefused, outcome } from './readings.ts';

test('patterns of five and of six fields are accepted', () => {
  const patterns = [
    '0 * * * *',
    '*/15 * * * *',
    '30 0 3 * * 1-5',
    '0 0 1,15 JAN-mar sun',
    '0 0 * * 5-7',
    '0 0 * * SAT-SUN',
  ];
  for (const pattern of patterns) assert.equal(outcome(readSchedule(pattern)), pattern);
  assert.equal(outcome(readSchedule('  0   3 * * * ')), '0 3 * * *');
});

test('the word never switches the schedule off', () => {
  assert.equal(outcome(readSchedule('never')), null);
});

test('a wrong pattern is refused with the field that is wrong', () => {
  assert.match(String(outcome(readSchedule('60 * * * *'))), /minute field .* 0 to 59/);
  assert.match(String(outcome(readSchedule('0 24 * * *'))), /hour field/);
  assert.match(String(outcome(readSchedule('0 0 * * FOO'))), /weekday field .*SUN, MON/);
  assert.match(String(outcome(readSchedule('0 0 * *'))), /5 fields/);
  for (const pattern of [
    '',
    '@hourly',
    '* * * * * * *',
    '0 0 L * *',
    '5/10 * * * *',
    '9-5 * * * *',
    '*/0 * * * *',
    '0 0 0 * *',
    '-1 * * * *',
    '1,,2 * * * *',
    '0 0 * 13 *',
    '0;0 * * * *',
  ]) {
    assert.ok(isRefused(readSchedule(pattern)), pattern);
  }
});

test('a day that none of its months has is refused, because it would never come', () => {
  assert.match(String(outcome(readSchedule('0 0 31 2 *'))), /never fire/);
  assert.ok(isRefused(readSchedule('0 0 31 4,6,9,11 *')));
  assert.equal(outcome(readSchedule('0 0 29 2 *')), '0 0 29 2 *');
  assert.equal(outcome(readSchedule('0 0 31 2 1')), '0 0 31 2 1', 'Mondays in February come');
});

test('the scheduler understands every pattern that is accepted', () => {
  const number = fc.integer({ min: 0, max: 32 }).map(String);
  const name = fc.constantFrom('JAN', 'dec', 'SUN', 'mon', 'SAT');
  const value = fc.oneof({ weight: 5, arbitrary: number }, { weight: 1, arbitrary: name });
  const item = fc.oneof(
    fc.constant('*'),
    value,
    fc.tuple(value, value).map(([from, to]) => `${from}-${to}`),
    number.map((step) => `*/${step}`),
    fc.tuple(value, value, number).map(([from, to, step]) => `${from}-${to}/${step}`),
  );
  const field = fc.array(item, { minLength: 1, maxLength: 2 }).map((items) => items.join(','));
  let accepted = 0;
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 5 }), field, (position, text) => {
      const fields = ['0', '0', '0', '*', '*', '*'];
      fields[position] = text;
      const pattern = fields.join(' ');
      if (isRefused(readSchedule(pattern))) return;
      accepted += 1;
      assert.notEqual(new Cron(pattern, { paused: true }).nextRun(), null, pattern);
    }),
    { numRuns: 2000 },
  );
  assert.ok(accepted > 200, `only ${accepted} patterns were accepted`);
});
