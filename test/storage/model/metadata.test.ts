import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  fileNameOf,
  fileTypeOf,
  formatMetadata,
  type MetadataPair,
  normalizeMetadata,
  parseMetadata,
  readMetadata,
} from '../../../src/storage/model/metadata.ts';
import { faultOf } from '../support/stores.ts';

const base64 = (text: string | Buffer) => Buffer.from(text).toString('base64');

const KEY_CHARACTERS = Array.from({ length: 0x7f - 0x21 }, (_, index) =>
  String.fromCharCode(0x21 + index),
).filter((character) => character !== ',');

test('metadata comes back byte for byte, in the order given', () => {
  const key = fc
    .array(fc.constantFrom(...KEY_CHARACTERS), { minLength: 1, maxLength: 12 })
    .map((characters) => characters.join(''));
  const value = fc.option(
    fc.uint8Array({ maxLength: 40 }).map((content) => Buffer.from(content)),
    { nil: null },
  );
  const pairs = fc.uniqueArray(fc.tuple(key, value), {
    minLength: 1,
    maxLength: 8,
    selector: ([name]) => name,
  });
  fc.assert(
    fc.property(pairs, (tuples) => {
      const given: MetadataPair[] = tuples.map(([name, content]) => ({
        key: name,
        value: content,
      }));
      const text = formatMetadata(given)!;
      assert.deepEqual(parseMetadata(text), given);
      assert.equal(formatMetadata(parseMetadata(text)), text);
    }),
  );
});

test('a key without a value, an empty value and bytes that are no text differ', () => {
  assert.deepEqual(parseMetadata('alone,empty ,bin /w=='), [
    { key: 'alone', value: null },
    { key: 'empty', value: Buffer.alloc(0) },
    { key: 'bin', value: Buffer.from([0xff]) },
  ]);
});

test('keys that are names of JavaScript are keys like others', () => {
  const pairs = parseMetadata(`__proto__ ${base64('x')},constructor ${base64('y')}`);
  assert.deepEqual(
    pairs.map((pair) => pair.key),
    ['__proto__', 'constructor'],
  );
});

for (const [text, why] of [
  [' YQ==', 'a value without a key'],
  ['a YQ', 'Base64 without its padding'],
  ['a Y-_=', 'Base64 of another alphabet'],
  ['a YQ== YQ==', 'two values'],
  ['a  YQ==', 'two spaces before a value'],
  ['a\tYQ==', 'a tab before a value'],
  ['a YQ==, Yg==', 'a value whose key is missing'],
  ['a YQ==, a YQ==', 'a key that stands twice, with whitespace'],
  ['a YQ==;b Yg==', 'another separator'],
  ['a YQ==,a YQ==', 'a key that stands twice'],
  ['ä YQ==', 'a key beyond ASCII'],
  ['a\tb YQ==', 'a control character in a key'],
] as const) {
  test(`metadata with ${why} is refused with a sentence`, async () => {
    const fault = await faultOf((async () => parseMetadata(text))());
    assert.equal(fault.code, 'BAD_REQUEST');
    assert.match(fault.message, /metadata/);
    assert.deepEqual(readMetadata(text), []);
  });
}

test('a value of ten thousand characters is read in no time', () => {
  const long = `a ${'QUJD'.repeat(2500)}`;
  assert.equal(parseMetadata(long)[0]?.value?.length, 7500);
  assert.deepEqual(readMetadata(`${long}=`), []);
});

test('what the client called the file is found under the names that clients use', () => {
  assert.equal(fileNameOf(`filename ${base64('a.txt')}`), 'a.txt');
  assert.equal(fileNameOf(`name ${base64('b.txt')}`), 'b.txt');
  assert.equal(fileNameOf(`name ${base64('b.txt')},filename ${base64('a.txt')}`), 'a.txt');
  assert.equal(fileNameOf(`filename ,name ${base64('b.txt')}`), 'b.txt');
  assert.equal(fileNameOf('filename'), null);
  assert.equal(fileNameOf(null), null);
  assert.equal(fileTypeOf(`filetype ${base64('text/plain')}`), 'text/plain');
  assert.equal(fileTypeOf(null), null);
});

test('no pairs are no metadata', () => {
  assert.equal(formatMetadata([]), null);
  assert.deepEqual(readMetadata(null), []);
});

test('a list may have whitespace around its commas and empty elements, which say nothing', () => {
  const ab = [
    { key: 'a', value: Buffer.from('a') },
    { key: 'b', value: Buffer.from('b') },
  ];
  for (const text of [
    ...['a YQ==, b Yg==', 'a YQ== ,b Yg==', 'a YQ==\t,\t b Yg==', ' a YQ==,b Yg== '],
    ...['a YQ==,b Yg==,', ',a YQ==,b Yg==', 'a YQ==,,b Yg==', ', ,a YQ==, \t,b Yg==,,'],
  ]) {
    assert.deepEqual(parseMetadata(text), ab, text);
    assert.equal(normalizeMetadata(text), 'a YQ==,b Yg==', text);
  }
});

test('metadata without an element is none', () => {
  for (const text of ['', ' ', ',', ', ,\t,']) {
    assert.deepEqual(parseMetadata(text), []);
    assert.equal(normalizeMetadata(text), null);
  }
});

test('what is written as most clients write it is kept to the letter', () => {
  for (const text of [
    ...['a YQ==', 'alone', 'alone,empty ,bin /w==', 'z YQ==,a Yg==', 'x=y,dQ==', 'empty ,b'],
    // Base64 whose unused bits are set: another encoder would write YQ==.
    'a YR==',
  ]) {
    assert.equal(normalizeMetadata(text), text);
  }
  assert.equal(normalizeMetadata(' alone , empty  , b Yg=='), 'alone ,empty ,b Yg==');
  assert.throws(() => normalizeMetadata('a !!!'), { code: 'BAD_REQUEST' });
});
