import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { matches } from '../../src/deliver/rules.ts';

const TO = { root: '/srv', segments: [[{ kind: 'field', field: 'name' }]], text: '' } as const;

function chosen(pattern: string, value: string, key: 'project' | 'filetype' = 'project'): boolean {
  const metadata = `${key} ${Buffer.from(value).toString('base64')}`;
  const when = key === 'project' ? { metadata: { project: [pattern] } } : { type: [pattern] };
  return matches({ to: TO, when }, { metadata, wantedPath: null });
}

test('"*" stands for any text, everything else for itself', () => {
  const piece = fc.string({ maxLength: 3, unit: fc.constantFrom('a', 'b', '*', '.', '\n') });
  const text = fc.string({ maxLength: 8, unit: fc.constantFrom('a', 'b', '.', '\n') });
  fc.assert(
    fc.property(piece, piece, text, (one, two, value) => {
      const pattern = `${one}${two}`;
      const parts = pattern.split('*').map((part) => part.replaceAll('.', '\\.'));
      const expected = new RegExp(`^${parts.join('.*')}$`, 's').test(value);
      assert.equal(chosen(pattern, value), expected, JSON.stringify({ pattern, value }));
    }),
  );
});

test('a media type is compared without its case and its parameters', () => {
  assert.ok(chosen('image/*', 'IMAGE/png', 'filetype'));
  assert.ok(chosen('Text/Plain', 'text/plain; charset=utf-8', 'filetype'));
  assert.ok(chosen('text/plain;*', 'text/plain; charset=utf-8', 'filetype'));
  assert.ok(!chosen('image/*', 'text/plain; x=image/png', 'filetype'));
});

test('no value of a client takes longer than its length, however many "*" there are', () => {
  // A regular expression would try more divisions of this text than there are seconds in a year.
  const value = 'ab'.repeat(4_000);
  assert.ok(!chosen('*a*b*a*b*a*b*c', value));
  assert.ok(chosen('*a*b*a*b*a*b*', value));
});
