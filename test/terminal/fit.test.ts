import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { pad, shortenName, truncate } from '../../src/terminal/fit.ts';
import { displayWidth } from '../../src/terminal/width.ts';
import { lengthsSegmented } from './support/segmented.ts';

const styledText = fc
  .array(fc.oneof(fc.string({ unit: 'grapheme' }), fc.constantFrom('\x1b[31m', '\x1b[39m', '漢字')))
  .map((parts) => parts.join(''));
const fileName = fc
  .tuple(styledText, fc.constantFrom('', '.mov', '.tar.gz', '.漢字', '.é'))
  .map((parts) => parts.join(''));

test('padding counts columns and not characters', () => {
  assert.equal(pad('漢', 4), '漢  ');
  assert.equal(pad('漢', 4, 'right'), '  漢');
  assert.equal(pad('\x1b[31mx\x1b[39m', 3), '\x1b[31mx\x1b[39m  ');
  assert.equal(pad('too long', 3), 'too long');
});

test('a text that fits is not touched', () => {
  assert.equal(truncate('holiday', 7), 'holiday');
  assert.equal(shortenName('holiday.mov', 11), 'holiday.mov');
});

test('a text that does not fit ends with an ellipsis', () => {
  assert.equal(truncate('holiday', 6), 'holid…');
  assert.equal(truncate('holiday', 1), '…');
  assert.equal(truncate('holiday', 0), '');
});

test('a wide character or an emoji is never cut in two', () => {
  assert.equal(truncate('漢字漢字', 4), '漢…');
  assert.equal(truncate('a👩‍👩‍👧b', 3), 'a…');
  assert.equal(truncate('e\u0301te\u0301', 2), 'e\u0301…');
});

test('colours are closed although their end was cut off', () => {
  assert.equal(truncate('\x1b[31mholiday\x1b[39m', 4), '\x1b[31mhol…\x1b[39m');
  assert.equal(truncate('\x1b[31mholiday\x1b[39m', 0), '\x1b[31m\x1b[39m');
});

test('a file name is cut in its middle and keeps its extension', () => {
  assert.equal(shortenName('very-long-name-of-a-movie.mov', 18), 'very-long-na…e.mov');
  assert.equal(shortenName('backup-of-everything.tar.gz', 14), 'backu…g.tar.gz');
  assert.equal(shortenName('休暇の写真と動画.heic', 14), '休暇の…画.heic');
});

test('a name without an extension, or too little room for it, is cut at its end', () => {
  assert.equal(shortenName('a-very-long-name', 8), 'a-very-…');
  assert.equal(shortenName('.configuration', 8), '.config…');
  assert.equal(shortenName('holiday-2026.mov', 8), 'holiday…');
  assert.equal(shortenName('3.14159265358979', 8), '3.14159…');
});

test('what was cut is never wider than asked for, and padding makes it exactly as wide', () => {
  fc.assert(
    fc.property(fileName, fc.integer({ min: 0, max: 40 }), (text, width) => {
      for (const cut of [truncate(text, width), shortenName(text, width)]) {
        assert.ok(displayWidth(cut) <= width, JSON.stringify(cut));
        assert.equal(displayWidth(pad(cut, width)), width);
      }
    }),
  );
});

test('every colour sequence survives the cut, in order', () => {
  const colours = (text: string) => text.match(/\x1b\[[0-9;]*m/g) ?? [];
  fc.assert(
    fc.property(fileName, fc.integer({ min: 0, max: 10 }), (text, width) => {
      assert.deepEqual(colours(truncate(text, width)), colours(text));
      assert.deepEqual(colours(shortenName(text, width)), colours(text));
    }),
  );
});

test('of a text of any length only its ends are looked at', (t) => {
  const lengths = lengthsSegmented(t);
  for (const character of ['漢', 'e\u0301', '👩‍👩‍👧', '\x1b[31mé', '.', '漢.']) {
    const text = character.repeat(100_000);
    const name = `${text}.mov`;
    assert.match(truncate(text, 40), /…/);
    assert.match(shortenName(name, 40), /…/);
  }
  assert.ok(lengths.reduce((sum, length) => sum + length, 0) < 50_000);
});

test('a long name keeps its beginning, its extension and the character before that', () => {
  const name = `${'漢'.repeat(5_000)}ß.tar.gz`;
  assert.equal(shortenName(name, 20), `漢漢漢漢漢…ß.tar.gz`);
  const styled = `\x1b[31m${name}\x1b[39m`;
  assert.equal(shortenName(styled, 20), `\x1b[31m漢漢漢漢漢…ß.tar.gz\x1b[39m`);
});
