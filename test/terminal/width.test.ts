import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { clustersOf, clusterWidth, displayWidth } from '../../src/terminal/width.ts';
import { lengthsSegmented } from './support/segmented.ts';

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

test('the clusters of a text are the text, as one look at the whole of it finds them', () => {
  const segmenter = new Intl.Segmenter('en', { granularity: 'grapheme' });
  const parts = ['漢', 'e\u0301', '👩‍👩‍👧', '🇩🇪', '🇩', '😀', '\ud800', 'x', '\r\n', '각'];
  const text = fc
    .array(fc.oneof(fc.constantFrom(...parts), fc.string({ unit: 'grapheme', maxLength: 3 })), {
      minLength: 100,
      maxLength: 300,
    })
    .map((found) => found.join(''));
  fc.assert(
    fc.property(text, (whole) => {
      const expected = Array.from(segmenter.segment(whole), ({ segment }) => segment);
      assert.deepEqual([...clustersOf(whole)], expected);
      assert.equal(
        displayWidth(whole),
        expected.reduce((sum, cluster) => sum + clusterWidth(cluster), 0),
      );
    }),
    { numRuns: 30 },
  );
});

test('a cluster without end is taken in pieces, and no character is divided', () => {
  const text = `a${'\u{1d167}'.repeat(5_000)}z`;
  const clusters = [...clustersOf(text)];
  assert.equal(clusters.join(''), text);
  for (const cluster of clusters) assert.doesNotMatch(cluster, /[\ud800-\udfff]/u);
  assert.equal(displayWidth(text), 2);
});

test('a long text is looked at once, a short piece at a time', (t) => {
  const lengths = lengthsSegmented(t);
  assert.equal(displayWidth('漢'.repeat(64_000)), 128_000);
  assert.ok(Math.max(...lengths) <= 256);
  assert.ok(lengths.reduce((sum, length) => sum + length, 0) < 70_000);
});
