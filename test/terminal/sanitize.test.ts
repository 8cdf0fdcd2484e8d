import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { sanitize, sanitizeBytes, sanitizeStyled } from '../../src/terminal/sanitize.ts';

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

test('bytes that are UTF-8 are sanitised as text', () => {
  assert.equal(sanitizeBytes(Buffer.from('résumé 漢字 😀\u202e')), 'résumé 漢字 😀\\u{202e}');
  assert.equal(sanitizeBytes(new Uint8Array(0)), '');
});

test('bytes that are not UTF-8 are shown one by one, and the text around them stays', () => {
  assert.equal(sanitizeBytes(Buffer.from([0xff])), '\\xff');
  assert.equal(sanitizeBytes(Buffer.from([0x61, 0xc3, 0xa9, 0xc3, 0x28, 0x1b])), 'aé\\xc3(\\x1b');
  const overlong = [0xc0, 0x80, 0xe0, 0x80, 0x80];
  assert.equal(sanitizeBytes(Buffer.from(overlong)), '\\xc0\\x80\\xe0\\x80\\x80');
  const surrogate = [0xed, 0xa0, 0x80];
  assert.equal(sanitizeBytes(Buffer.from(surrogate)), '\\xed\\xa0\\x80');
  const cutShort = [0xf0, 0x9f, 0x98, 0x80, 0xf0, 0x9f, 0x98];
  assert.equal(sanitizeBytes(Buffer.from(cutShort)), '😀\\xf0\\x9f\\x98');
});

test('bytes are read from a view into a larger buffer', () => {
  const whole = new Uint8Array([0xff, 0x61, 0x62, 0xff]);
  assert.equal(sanitizeBytes(whole.subarray(1, 3)), 'ab');
});

test('broken bytes around any text leave that text as it would be alone', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), (text) => {
      const bytes = Buffer.concat([Buffer.from([0xff]), Buffer.from(text), Buffer.from([0xff])]);
      assert.equal(sanitizeBytes(bytes), `\\xff${sanitize(text)}\\xff`);
    }),
  );
});

test('no bytes at all make a hostile character', () => {
  fc.assert(
    fc.property(fc.uint8Array(), (bytes) => assert.deepEqual(hostileIn(sanitizeBytes(bytes)), [])),
  );
});

test('a styled line keeps its colours and loses every other escape sequence', () => {
  assert.equal(
    sanitizeStyled('\x1b[31mred\x1b[39m\x1b[2J\n\u202e'),
    '\x1b[31mred\x1b[39m\\x1b[2J\\x0a\\u{202e}',
  );
});
