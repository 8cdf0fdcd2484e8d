import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { escapeAsJson, replaceHostile, sanitize } from '../../src/text/sanitize.ts';

// Listed by number and not by Unicode property, so that the test doesn't share the code's assumption.
const HOSTILE: readonly (readonly [number, number])[] = [
  [0x00, 0x1f],
  [0x7f, 0x9f],
  [0xad, 0xad],
  [0x34f, 0x34f],
  [0x61c, 0x61c],
  [0x115f, 0x1160],
  [0x180b, 0x180f],
  [0x200b, 0x200f],
  [0x2028, 0x202e],
  [0x2060, 0x206f],
  [0x2800, 0x2800],
  [0x3164, 0x3164],
  [0xd800, 0xdfff],
  [0xfe00, 0xfe0f],
  [0xfeff, 0xfeff],
  [0xffa0, 0xffa0],
  [0xfff9, 0xfffb],
  [0xe0000, 0xe01ef],
];

function isHostile(code: number): boolean {
  return HOSTILE.some(([from, to]) => code >= from && code <= to);
}

function hostileIn(text: string): string[] {
  return Array.from(text, (character) => character.codePointAt(0) ?? 0)
    .filter(isHostile)
    .map((code) => code.toString(16));
}

/** Any UTF-16 at all, with plenty of what hurts. */
const nastyText = fc
  .array(
    fc.oneof(
      fc.integer({ min: 0, max: 0x10ffff }),
      fc.constantFrom(...HOSTILE.flat()),
      fc.constantFrom(0x61, 0x301, 0x20dd, 0x1f600, 0x6f22),
    ),
  )
  .map((codes) => String.fromCodePoint(...codes));

test('every hostile character is escaped, one by one', () => {
  for (const [from, to] of HOSTILE) {
    for (let code = from; code <= to; code += 1) {
      const expected =
        code < 0x80 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u{${code.toString(16)}}`;
      assert.equal(sanitize(`a${String.fromCodePoint(code)}z`), `a${expected}z`);
    }
  }
});

test('sanitised text never holds a control, bidi, zero-width or invisible character', () => {
  fc.assert(fc.property(nastyText, (text) => assert.deepEqual(hostileIn(sanitize(text)), [])));
});

test('sanitising twice changes nothing more', () => {
  fc.assert(
    fc.property(nastyText, (text) => assert.equal(sanitize(sanitize(text)), sanitize(text))),
  );
});

test('names as people write them pass unchanged', () => {
  const names = [
    'holiday.mov',
    'scan 0001.pdf',
    'Überweisung façade.pdf',
    'e\u0301te\u0301.jpg',
    'отчёт 2026.xlsx',
    '休暇の写真.heic',
    '휴가.mov',
    'फ़ोटो.png',
    'صورة.jpg',
    'מְנֻקָּד.txt',
    'မြို့.pdf',
    'ภาพที่ระลึก.jpg',
    'Screenshot at 3.04.05\u202fPM.png',
    '😀👍🏽🇩🇪.gif',
    'C:\\fakepath\\a.txt',
  ];
  for (const name of names) assert.equal(sanitize(name), name);
});

test('an attack on the terminal is shown instead of obeyed', () => {
  assert.equal(sanitize('\x1b]0;pwned\x07'), '\\x1b]0;pwned\\x07');
  assert.equal(sanitize('\x1b[2Jgone'), '\\x1b[2Jgone');
  assert.equal(sanitize('a\r\nb\tc'), 'a\\x0d\\x0ab\\x09c');
  assert.equal(sanitize('photo\u202egpj.exe'), 'photo\\u{202e}gpj.exe');
  assert.equal(sanitize('\u009b31m'), '\\u{9b}31m');
  assert.equal(sanitize('a\ud800b\udc00'), 'a\\u{d800}b\\u{dc00}');
});

test('combining marks cannot reach what stands before the text, nor pile up', () => {
  assert.equal(sanitize('\u0301x'), '\\u{301}x');
  assert.equal(sanitize(`a${'\u0301'.repeat(6)}`), `a${'\u0301'.repeat(4)}\\u{301}\\u{301}`);
});

test('JSON and replacements know the same characters', () => {
  for (const [from, to] of HOSTILE) {
    for (let code = from; code <= to; code += 1) {
      const text = `a${String.fromCodePoint(code)}z`;
      assert.equal(
        replaceHostile(text, () => '?'),
        'a?z',
      );
      assert.match(escapeAsJson(text), /^a(?:\\u[0-9a-f]{4}){1,2}z$/);
      assert.equal(JSON.parse(`"${escapeAsJson(text)}"`), text);
    }
  }
  fc.assert(fc.property(nastyText, (text) => assert.deepEqual(hostileIn(escapeAsJson(text)), [])));
});

test('private use and unassigned code points are escaped, too', () => {
  for (const code of [0xe000, 0xf8ff, 0xf0000, 0x10fffd, 0x378, 0xffff, 0x10ffff]) {
    assert.equal(sanitize(`a${String.fromCodePoint(code)}`), `a\\u{${code.toString(16)}}`);
  }
});
