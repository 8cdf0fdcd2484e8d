import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { displayWidth, splitPieces } from '../../src/terminal/width.ts';

test('latin letters, box drawing and the marks that this program uses take one column', () => {
  assert.equal(displayWidth(''), 0);
  assert.equal(displayWidth('holiday.mov'), 11);
  assert.equal(displayWidth('Überweisung'), 11);
  assert.equal(displayWidth('████░░··…'), 9);
  assert.equal(displayWidth('отчёт'), 5);
});

test('East Asian wide characters take two columns', () => {
  assert.equal(displayWidth('漢字'), 4);
  assert.equal(displayWidth('ひらがな'), 8);
  assert.equal(displayWidth('カタ'), 4);
  assert.equal(displayWidth('ｶﾀ'), 2);
  assert.equal(displayWidth('한국어'), 6);
  assert.equal(displayWidth('한'.normalize('NFD')), 2);
  assert.equal(displayWidth('ＡＢ'), 4);
  assert.equal(displayWidth('𠀀'), 2);
});

test('combining marks take no column', () => {
  assert.equal(displayWidth('e\u0301'), 1);
  assert.equal(displayWidth('ก็'), 1);
  assert.equal(displayWidth('か\u3099'), 2);
});

test('an emoji takes two columns, however many code points it has', () => {
  for (const emoji of ['😀', '👍🏽', '👩‍👩‍👧', '🇩🇪', '❤️', '1️⃣']) {
    assert.equal(displayWidth(emoji), 2, emoji);
  }
  assert.equal(displayWidth('©'), 1);
});

test('colours take no column', () => {
  assert.equal(displayWidth('\x1b[1m\x1b[31mred\x1b[39m\x1b[22m'), 3);
  assert.equal(displayWidth('\x1b[36m漢\x1b[39mé'), 3);
});

test('the pieces of a line are the line, and their widths add up to its width', () => {
  const line = fc
    .array(
      fc.oneof(fc.string({ unit: 'grapheme' }), fc.constantFrom('\x1b[31m', '\x1b[0m', '漢字')),
    )
    .map((parts) => parts.join(''));
  fc.assert(
    fc.property(line, (text) => {
      const pieces = splitPieces(text);
      assert.equal(pieces.map((piece) => piece.text).join(''), text);
      assert.equal(
        pieces.reduce((sum, piece) => sum + piece.width, 0),
        displayWidth(text),
      );
    }),
  );
});
