import assert from 'node:assert/strict';
import { test } from 'node:test';
import { transferLine, transferRow } from '../../src/cli/transfer/transfer-row.ts';
import { createStyle } from '../../src/terminal/style.ts';
import { displayWidth } from '../../src/terminal/width.ts';

const style = createStyle({ color: false });
const MIB = 2 ** 20;
const row = {
  name: 'a-very-long-name-of-a-photo.jpeg',
  size: 100 * MIB,
  position: 43 * MIB,
  rate: 2 * MIB,
  waiting: null,
};

test('a line has name, bar, percent, size, rate and time left, and fits 80 columns', () => {
  const line = transferRow(row, 80, style);
  assert.equal(line, 'a-very-long-n…o.jpeg  ██████░░░░░░░░░  43 %    43 MiB     2 MiB/s  29 s');
  const longest = { ...row, size: 999 * 2 ** 40, position: 123 * 2 ** 30, rate: 100 * MIB };
  assert.ok(displayWidth(transferRow(longest, 80, style)) <= 80);
});

test('nothing is made up: no percent without a size, no time without a rate', () => {
  const unknown = transferRow({ ...row, size: null, rate: null }, 80, style);
  assert.match(unknown, /····+ +43 MiB +$/);
});

test('a narrow terminal shows numbers without the bar', () => {
  assert.match(transferRow(row, 50, style), /^a-very-… +43 % +43 MiB +2 MiB\/s {2}29 s$/);
});

test('40 columns have room for the name, the percentage, the size and the time left', () => {
  const line = transferRow(row, 40, style);
  assert.match(line, /^a-very-… +43 % +43 MiB {2}29 s$/);
  const longest = { ...row, size: 999 * 2 ** 40, position: 123 * 2 ** 30, rate: 100 * MIB };
  assert.ok(displayWidth(transferRow(longest, 40, style)) < 40, transferRow(longest, 40, style));
});

test('a transfer that waits says for what, and a hostile name is harmless', () => {
  const waiting = { ...row, name: 'a\x1b[2J\n', waiting: 'again in 5 s: the connection was cut' };
  assert.match(transferRow(waiting, 80, style), /^a\\x1b\[2J\\x0a +again in 5 s: the conn/);
  assert.equal(transferLine({ ...waiting, name: 'a' }), 'a: again in 5 s: the connection was cut');
});

test('on a pipe a line has the same in words', () => {
  assert.equal(
    transferLine({ ...row, name: 'a.jpg' }),
    'a.jpg: 43 MiB of 100 MiB (43 %), 2 MiB/s, 29 s left',
  );
});
