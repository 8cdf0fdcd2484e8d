import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  collisionKey,
  lastName,
  markedName,
  safeName,
} from '../../../src/deliver/names/safe-name.ts';
import { anyText } from '../../support/any-text.ts';
import { temporaryFolder } from '../../support/temporary.ts';

/** What a client may call a file, and the name under which it arrives; "" where the id takes its place. */
export const HOSTILE: readonly (readonly [string, string])[] = [
  ['holiday.mov', 'holiday.mov'],
  ['../../etc/passwd', 'passwd'],
  ['/etc/cron.d/job', 'job'],
  ['..\\..\\windows\\system32\\a.dll', 'a.dll'],
  ['C:\\fakepath\\photo.jpg', 'photo.jpg'],
  ['C:evil.txt', 'C_evil.txt'],
  ['\\\\server\\share\\a.txt', 'a.txt'],
  ['a.txt:stream', 'a.txt_stream'],
  ['photos/', 'photos'],
  ['.', ''],
  ['..', ''],
  ['...', ''],
  ['', ''],
  ['   ', ''],
  ['/', ''],
  ['.htaccess', '_htaccess'],
  ['..hidden', '_hidden'],
  ['report. . .', 'report'],
  ['  spaced  .txt  ', 'spaced  .txt'],
  ['CON', '_CON'],
  ['nul.txt', '_nul.txt'],
  ['Aux .tar.gz', '_Aux .tar.gz'],
  ['COM¹.log', '_COM¹.log'],
  ['lpt0', '_lpt0'],
  ['CONSOLE.txt', 'CONSOLE.txt'],
  ['what?*<>|".txt', 'what______.txt'],
  ['line\nbreak\ttab\0nul.txt', 'line_break_tab_nul.txt'],
  ['\u001b[31mred\u0007.txt', '_[31mred_.txt'],
  ['photo\u202egpj.exe', 'photogpj.exe'],
  ['in\u200bvisible\ufeff.txt', 'invisible.txt'],
  ['cafe\u0301.txt', 'caf\u00e9.txt'],
  ['👩‍👩‍👧‍👦.png', '👩‍👩‍👧‍👦.png'],
  ['-rf', '-rf'],
  ['$(reboot).txt', '$(reboot).txt'],
];

for (const [given, expected] of HOSTILE) {
  test(`a file called ${JSON.stringify(given)} arrives as ${JSON.stringify(expected)}`, () => {
    assert.equal(lastName(given), expected);
  });
}

/** Text with the characters that make trouble, more often than chance would bring them. */
const hostileText = fc
  .array(
    fc.oneof(
      anyText(),
      fc.string({ unit: 'grapheme' }),
      fc.constantFrom('..', '/', '\\', '\0', '.', ' ', 'CON', 'nul.', '\u202e', '👩‍👩‍👧‍👦', 'C:'),
      fc.string({ unit: 'grapheme', minLength: 100, maxLength: 300 }),
    ),
    { maxLength: 8 },
  )
  .map((parts) => parts.join(''));

test('whatever a client sends becomes one harmless name, which stays the same when made safe again', () => {
  fc.assert(
    fc.property(hostileText, fc.integer({ min: 60, max: 255 }), (text, limit) => {
      const name = safeName(text, limit);
      assert.ok(Buffer.byteLength(name) <= limit, 'it fits');
      assert.ok(!/[/\\\0-\x1f:]/.test(name), 'it is one name');
      assert.ok(!name.startsWith('.') && !/[. ]$/.test(name), 'no dot or space at its ends');
      assert.equal(name, name.normalize('NFC'));
      assert.equal(Buffer.from(name).toString(), name, 'it is whole characters');
      assert.equal(safeName(name, limit), name, 'it is safe already');
    }),
    { numRuns: 2000 },
  );
});

test('a name is cut between two characters as people see them, and keeps its extension', () => {
  const family = '👩‍👩‍👧‍👦';
  const name = safeName(`${family.repeat(40)}.jpeg`);
  assert.equal(name, `${family.repeat(10)}.jpeg`);
  assert.ok(Buffer.byteLength(name) <= 255);
  assert.equal(safeName(`${'x'.repeat(300)}.tar.gz`), `${'x'.repeat(248)}.tar.gz`);
  assert.equal(safeName('x'.repeat(300)), 'x'.repeat(255));
  // What looks like an extension, but is a sentence.
  assert.equal(safeName(`a.${'y'.repeat(300)}`), `a.${'y'.repeat(253)}`);
});

test('a numbered name has the same extension, and still fits', () => {
  assert.equal(markedName('a.txt', ' (2)'), 'a (2).txt');
  assert.equal(markedName('README', ' (2)'), 'README (2)');
  const long = markedName(`${'x'.repeat(251)}.txt`, ' (12)');
  assert.equal(long, `${'x'.repeat(246)} (12).txt`);
});

test('names that differ in case or in the form of an accent collide', () => {
  for (const [one, other] of [
    ['README.txt', 'readme.TXT'],
    ['caf\u00e9', 'CAFE\u0301'],
    ['straße', 'STRASSE'],
  ] as const) {
    assert.equal(collisionKey(one), collisionKey(other), one);
  }
  assert.notEqual(collisionKey('a.txt'), collisionKey('b.txt'));
});

test('every name that comes out can be made on this file system', (t) => {
  const folder = mkdtempSync(join(temporaryFolder(t), 'names-'));
  fc.assert(
    fc.property(hostileText, (text) => {
      const name = safeName(text);
      if (name === '') return;
      writeFileSync(join(folder, name), '');
      assert.ok(readdirSync(folder).includes(name), 'it is there under exactly this name');
    }),
    { numRuns: 200 },
  );
});
