import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { findJsonFlaw, lineAndColumn } from '../../src/config/file/json-syntax.ts';

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

test('whatever JSON.stringify writes has no flaw', () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.constantFrom(undefined, 2, '\t'), (value, indent) => {
      assert.equal(findJsonFlaw(JSON.stringify(value, null, indent)), null);
    }),
  );
});

test('a text has a flaw exactly when JSON.parse refuses it', () => {
  const piece = fc.constantFrom(
    '{',
    '}',
    '[',
    ']',
    ',',
    ':',
    '"a"',
    '"b"',
    '"',
    '1',
    '-',
    '.5',
    'true',
    'nul',
    ' ',
    '\n',
    '//',
    '\\',
    '\t',
    '1e5',
    '01',
    '"\\u12"',
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 9 }), (pieces) => {
      const text = pieces.join('');
      const flaw = findJsonFlaw(text);
      if (flaw?.problem.includes('stands twice')) return;
      assert.equal(flaw === null, isJson(text), text);
    }),
    { numRuns: 5000 },
  );
});

test('cutting a character out of a document is found whenever JSON.parse finds it', () => {
  const document = '{"a": [1, -2.5e3, {"b": "c\\n"}], "d": {}, "e": [], "f": null}';
  for (let index = 0; index < document.length; index += 1) {
    const cut = document.slice(0, index) + document.slice(index + 1);
    assert.equal(findJsonFlaw(cut) === null, isJson(cut), cut);
  }
});

test('the place of a syntax error is reported', () => {
  assert.equal(findJsonFlaw('{"a": 1,}')?.offset, 8);
  assert.equal(findJsonFlaw('{"a": 1 "b": 2}')?.offset, 8);
  assert.equal(findJsonFlaw('{"a": }')?.offset, 6);
  assert.match(findJsonFlaw('{"a": 1')?.problem ?? '', /ends too early/);
  assert.match(findJsonFlaw('{} {}')?.problem ?? '', /nothing may follow/);
});

test('comments are called by their name', () => {
  assert.match(findJsonFlaw('{\n  // port\n  "port": 1\n}')?.problem ?? '', /no comments/);
  assert.match(findJsonFlaw('# x\n{}')?.problem ?? '', /no comments/);
});

test('a key that stands twice in one object is a flaw, in two objects it is not', () => {
  assert.match(findJsonFlaw('{"a": 1, "\\u0061": 2}')?.problem ?? '', /twice/);
  assert.equal(findJsonFlaw('{"a": {"a": 1}, "b": [{"a": 1}, {"a": 2}]}'), null);
});

test('lines and columns are counted from 1', () => {
  assert.deepEqual(lineAndColumn('ab\ncd', 0), { line: 1, column: 1 });
  assert.deepEqual(lineAndColumn('ab\ncd', 4), { line: 2, column: 2 });
});

test('depth and length are no obstacle', () => {
  assert.equal(findJsonFlaw('['.repeat(200_000) + ']'.repeat(200_000)), null);
  assert.equal(findJsonFlaw(`"${'a\\n'.repeat(200_000)}"`), null);
});
