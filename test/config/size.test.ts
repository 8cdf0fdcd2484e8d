import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseSize, readSize, SIZE_PATTERN } from '../../src/config/values/size.ts';
import { Fault } from '../../src/fault.ts';
import { isRefused, outcome } from './readings.ts';

test('units of 1000 and of 1024 differ by their i', () => {
  assert.equal(parseSize('10GiB'), 10 * 1024 ** 3);
  assert.equal(parseSize('10GB'), 10_000_000_000);
  assert.equal(parseSize('500 MB'), 500_000_000);
  assert.equal(parseSize('1kB'), 1000);
  assert.equal(parseSize('1kib'), 1024);
  assert.equal(parseSize('2PiB'), 2 * 1024 ** 5);
});

test('a number without a unit is a number of bytes', () => {
  assert.equal(outcome(readSize(1_048_576)), 1_048_576);
  assert.equal(parseSize('1048576'), 1_048_576);
  assert.equal(parseSize('7B'), 7);
  assert.equal(parseSize('0'), 0);
});

test('a fraction of a unit is rounded to whole bytes', () => {
  assert.equal(parseSize('1.5GiB'), 1_610_612_736);
  assert.equal(parseSize('0.1KB'), 100);
});

test('a unit that could mean 1000 or 1024 is refused with both spellings', () => {
  assert.match(String(outcome(readSize('5M'))), /refused: .*5MB or 5MiB/);
  assert.match(String(outcome(readSize('10 g'))), /10GB or 10GiB/);
});

test('anything that is not wholly a size is refused', () => {
  const wrong = ['', ' ', '10GiB!', 'x10GB', '10GB 5MB', '-1', '-1MB', '1e9', '1,000', '0x10'];
  const odd = ['1.5', '1.5B', '5iB', 'B', 'GB', '10  GB', ' 10GB', 'Infinity', 'NaN', '１０GB'];
  for (const text of [...wrong, ...odd]) assert.ok(isRefused(readSize(text)), text);
  for (const number of [-1, 1.5, Number.NaN, Infinity, 2 ** 53, 1e300]) {
    assert.ok(isRefused(readSize(number)), String(number));
  }
  assert.ok(isRefused(readSize('8PiB')), 'beyond what a number holds exactly');
});

test('what a command line may say is refused with a usage fault', () => {
  assert.throws(
    () => parseSize('ten'),
    (error) => error instanceof Fault && error.exitCode === 64 && error.message.includes('"ten"'),
  );
});

test('the pattern of the JSON Schema accepts what the reader accepts, up to the size itself', () => {
  const pattern = new RegExp(SIZE_PATTERN);
  const unit = fc.constantFrom('', 'B', 'K', 'KB', 'kB', 'KiB', 'kib', 'MiB', 'iB', 'X', 'G', 'TB');
  const number = fc.constantFrom('0', '1', '12', '1.5', '1.', '.5', '-1', '');
  const space = fc.constantFrom('', ' ', '  ');
  fc.assert(
    fc.property(number, space, unit, (digits, blank, suffix) => {
      const text = `${digits}${blank}${suffix}`;
      if (!isRefused(readSize(text))) assert.match(text, pattern);
      // The pattern cannot know that a byte has no half.
      else if (!/^\d+\.\d+ ?B$/.test(text)) assert.doesNotMatch(text, pattern);
    }),
  );
});
