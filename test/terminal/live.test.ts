import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createLive } from '../../src/terminal/live.ts';

function record(size: () => { columns: number; rows: number } | null) {
  const writes: string[] = [];
  return { writes, live: createLive({ write: (text) => writes.push(text), size }) };
}

/** What a terminal of this size shows after these writes: enough of one for what live.ts sends. */
function screenAfter(writes: readonly string[], columns: number, rows: number): string[] {
  const screen = Array.from({ length: rows }, () => 'old'.padEnd(columns, '.'));
  let row = 0;
  let column = 0;
  for (const [token] of writes.join('').matchAll(/\x1b\[\??[0-9]*[A-Za-z]|\n|./gsu)) {
    if (token === '\x1b[H') [row, column] = [0, 0];
    else if (token === '\x1b[K') screen[row] = (screen[row] ?? '').slice(0, column);
    else if (token === '\x1b[J') {
      screen[row] = (screen[row] ?? '').slice(0, column);
      screen.fill('', row + 1);
    } else if (token === '\n') [row, column] = [row + 1, 0];
    else if (!token.startsWith('\x1b')) {
      screen[row] = (screen[row] ?? '').slice(0, column) + token;
      column += 1;
    }
    assert.ok(row < rows, 'the frame scrolled the terminal');
    assert.ok(column <= columns, 'a line wrapped');
  }
  return screen;
}

test('on a terminal each frame takes the place of the one before', () => {
  const { writes, live } = record(() => ({ columns: 10, rows: 5 }));
  live.draw(['first', 'second', 'third']);
  live.draw(['1st', '2nd']);
  assert.deepEqual(screenAfter(writes, 10, 5), ['1st', '2nd', '', '', '']);
});

test('a frame is one write, so that it does not flicker', () => {
  const { writes, live } = record(() => ({ columns: 10, rows: 5 }));
  live.draw(['a', 'b']);
  assert.equal(writes.length, 1);
});

test('a line that is too long is cut and one that fits exactly is whole', () => {
  const { writes, live } = record(() => ({ columns: 10, rows: 5 }));
  live.draw(['0123456789', '0123456789a']);
  assert.deepEqual(screenAfter(writes, 10, 5).slice(0, 2), ['0123456789', '012345678…']);
});

test('a frame that is taller than the terminal says what is missing', () => {
  const { writes, live } = record(() => ({ columns: 30, rows: 4 }));
  live.draw(['1', '2', '3', '4', '5']);
  assert.deepEqual(screenAfter(writes, 30, 4), ['1', '2', '… and 3 more lines', '']);
});

test('a frame follows the terminal when its size changes', () => {
  let columns = 10;
  const { writes, live } = record(() => ({ columns, rows: 3 }));
  live.draw(['0123456789']);
  columns = 5;
  live.draw(['0123456789']);
  assert.deepEqual(screenAfter(writes.slice(1), 5, 3), ['0123…', '', '']);
});

test('the cursor is hidden once and given back once', () => {
  const { writes, live } = record(() => ({ columns: 10, rows: 5 }));
  live.draw(['a']);
  live.draw(['b']);
  live.stop();
  live.stop();
  assert.equal(writes.join('').split('\x1b[?25l').length - 1, 1);
  assert.deepEqual(writes.slice(2), ['\x1b[?25h']);
});

test('a live view that never drew leaves the terminal alone', () => {
  const { writes, live } = record(() => ({ columns: 10, rows: 5 }));
  live.stop();
  assert.deepEqual(writes, []);
});

test('on a pipe frames are whole, plain and separated by a blank line', () => {
  const { writes, live } = record(() => null);
  live.draw(['a'.repeat(300), 'b']);
  live.draw(['c']);
  live.stop();
  assert.equal(writes.join(''), `${'a'.repeat(300)}\nb\n\nc\n`);
});

test('a line cannot smuggle a cursor movement in, and keeps its colours', () => {
  const { writes, live } = record(() => null);
  live.draw(['\x1b[31mred\x1b[39m\x1b[H\n']);
  assert.equal(writes.join(''), '\x1b[31mred\x1b[39m\\x1b[H\\x0a\n');
});
