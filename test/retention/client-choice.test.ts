import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Fault } from '../../src/fault.ts';
import { clientChoices } from '../../src/retention/client-choice.ts';
import { DAY, metadataOf } from '../support/uploads.ts';

const NOW = Date.UTC(2026, 10, 27, 12);
const choices = clientChoices({ longestExpiry: 7 * DAY, downloads: true });
const read = (pairs: Record<string, string>) => choices(metadataOf(pairs), NOW);

test('a client chooses when its upload ends, in seconds or as a moment', () => {
  const moments: [string, number][] = [
    ['60', NOW + 60_000],
    [' 60 ', NOW + 60_000],
    [String((7 * DAY) / 1000), NOW + 7 * DAY],
    ['2026-11-27T12:00:01Z', NOW + 1_000],
    ['2026-11-27T13:30+01:00', NOW + 1_800_000],
    ['2026-11-28T12:00:00.5Z', NOW + DAY + 500],
  ];
  for (const [text, at] of moments) {
    assert.deepEqual(read({ expires: text }), { expiresAt: at, downloadsLeft: null }, text);
  }
  assert.deepEqual(read({ downloads: '1' }), { expiresAt: null, downloadsLeft: 1 });
  assert.deepEqual(read({}), { expiresAt: null, downloadsLeft: null });
  assert.deepEqual(choices(null, NOW), { expiresAt: null, downloadsLeft: null });
});

test('what cannot be meant is refused, with what to send', () => {
  const wrong: [Record<string, string>, RegExp][] = [
    [{ expires: '' }, /number of seconds, or a time/],
    [{ expires: 'soon' }, /number of seconds, or a time/],
    [{ expires: '7d' }, /number of seconds, or a time/],
    [{ expires: '1e3' }, /number of seconds, or a time/],
    [{ expires: '-5' }, /number of seconds, or a time/],
    // Of which zone?
    [{ expires: '2026-11-28T12:00:00' }, /number of seconds, or a time/],
    [{ expires: '2026-13-40T12:00:00Z' }, /number of seconds, or a time/],
    [{ expires: '9'.repeat(400) }, /number of seconds, or a time/],
    [{ expires: '0' }, /in the future/],
    [{ expires: '2026-11-27T12:00:00Z' }, /in the future/],
    [{ expires: String((7 * DAY) / 1000 + 1) }, /at most 7 days/],
    [{ expires: '999999999999' }, /at most 7 days/],
    [{ downloads: '0' }, /whole number from 1/],
    [{ downloads: '1.5' }, /whole number from 1/],
    [{ downloads: 'once' }, /whole number from 1/],
    [{ downloads: '' }, /whole number from 1/],
    [{ downloads: '1000001' }, /whole number from 1/],
  ];
  for (const [pairs, sentence] of wrong) {
    assert.throws(
      () => read(pairs),
      (error) =>
        error instanceof Fault && error.code === 'BAD_REQUEST' && sentence.test(error.message),
      JSON.stringify(pairs),
    );
  }
  // A key without a value.
  assert.throws(() => choices('downloads', NOW), Fault);
});

test('keys that clients may not use mean nothing', () => {
  const off = clientChoices({ longestExpiry: null, downloads: false });
  const metadata = metadataOf({ expires: 'tomorrow', downloads: 'many' });
  assert.deepEqual(off(metadata, NOW), { expiresAt: null, downloadsLeft: null });
  const one = clientChoices({ longestExpiry: null, downloads: true });
  assert.deepEqual(one(metadataOf({ expires: 'x', downloads: '3' }), NOW), {
    expiresAt: null,
    downloadsLeft: 3,
  });
});
