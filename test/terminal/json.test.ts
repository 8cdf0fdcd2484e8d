import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { formatJson } from '../../src/terminal/json.ts';
import { anyText } from '../support/any-text.ts';

test('characters that a terminal would obey are written as escapes', () => {
  assert.equal(formatJson('a\x1b\x7f\x9b\u202e\u200b'), '"a\\u001b\\u007f\\u009b\\u202e\\u200b"');
  assert.equal(formatJson('\u{e0041}'), '"\\udb40\\udc41"');
});

test('line and paragraph separators are escapes too', () => {
  assert.equal(formatJson('\u2028\u2029'), '"\\u2028\\u2029"');
});

test('ordinary text stays readable', () => {
  assert.equal(formatJson({ name: 'Überweisung 漢字 😀' }), '{"name":"Überweisung 漢字 😀"}');
});

test('JSON can be indented', () => {
  assert.equal(formatJson({ a: ['\u202e'] }, 2), '{\n  "a": [\n    "\\u202e"\n  ]\n}');
});

test('nothing is null', () => {
  assert.equal(formatJson(undefined), 'null');
});

test('any text comes back exactly, and none of it is dangerous on the way', () => {
  const text = fc.oneof(
    anyText(),
    fc.array(fc.integer({ min: 0, max: 0xffff })).map((units) => String.fromCharCode(...units)),
  );
  fc.assert(
    fc.property(text, (value) => {
      const json = formatJson({ [`k${value}`]: value });
      assert.deepEqual(JSON.parse(json), { [`k${value}`]: value });
      assert.doesNotMatch(
        json,
        /[\x00-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]/,
      );
    }),
  );
});
