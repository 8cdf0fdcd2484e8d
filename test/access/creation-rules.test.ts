import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { fits } from '../../src/access/creation-rules.ts';

test('a star stands for any text, and case does not matter', () => {
  for (const [text, pattern] of [
    ['image/png', 'image/*'],
    ['IMAGE/PNG', 'image/*'],
    ['a.b.jpg', '*.JPG'],
    ['report-2026-final.pdf', 'report-*-*.pdf'],
    ['', '*'],
    ['x', '*x*'],
    ['aXbXc', 'a*b*c'],
  ] as const) {
    assert.ok(fits(text, pattern), `${text} ${pattern}`);
  }
  for (const [text, pattern] of [
    ['text/html', 'image/*'],
    ['a.jpg.exe', '*.jpg'],
    ['', 'image/*'],
    ['ab', 'ab*b'],
    ['acb', 'a*b*c'],
    ['image/png', 'image'],
  ] as const) {
    assert.ok(!fits(text, pattern), `${text} ${pattern}`);
  }
});

test('patterns match as the regular expression that they stand for', () => {
  const letters = fc.stringMatching(/^[ab*.]{0,8}$/);
  fc.assert(
    fc.property(letters, letters, (text, pattern) => {
      const parts = pattern.split('*').map((part) => part.replaceAll('.', '\\.'));
      assert.equal(fits(text, pattern), new RegExp(`^${parts.join('.*')}$`, 's').test(text));
    }),
  );
});

test('a hostile name takes no time', () => {
  const pattern = `${'*a'.repeat(60)}b`;
  assert.ok(!fits('a'.repeat(100_000), pattern));
});
