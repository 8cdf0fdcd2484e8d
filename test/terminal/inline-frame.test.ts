import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createInlineFrame } from '../../src/terminal/inline-frame.ts';

/** What a terminal shows after this output: it knows CR, LF, and the sequences of a frame. */
function shownBy(output: string): string[] {
  const rows: string[] = [''];
  let row = 0;
  for (const [token] of output.matchAll(/\x1b\[\??\d*[A-Zhl]|[\s\S]/gi)) {
    if (token === '\n') {
      row += 1;
      rows[row] ??= '';
    } else if (token.endsWith('A') && token.length > 1) row -= Number(token.slice(2, -1));
    else if (token === '\x1b[K') rows[row] = '';
    else if (token === '\x1b[J') rows.splice(row, rows.length, '');
    else if (token !== '\r' && token.length === 1) rows[row] += token;
  }
  return rows;
}

function frameOf(columns = 20, rows = 10) {
  let output = '';
  const frame = createInlineFrame({
    write: (text) => {
      output += text;
    },
    size: () => ({ columns, rows }),
  });
  return { frame, shown: () => shownBy(output), output: () => output };
}

test('a frame is redrawn in place, and text above it stays', () => {
  const { frame, shown } = frameOf();
  frame.draw(['a 1', 'b 1']);
  frame.draw(['a 2', 'b 2']);
  assert.deepEqual(shown(), ['a 2', 'b 2', '']);
  frame.above('done: x');
  assert.deepEqual(shown(), ['done: x', 'a 2', 'b 2', '']);
  frame.draw(['b 3']);
  assert.deepEqual(shown(), ['done: x', 'b 3', '']);
  frame.clear();
  assert.deepEqual(shown(), ['done: x', '']);
});

test('the cursor is hidden while there is a frame', () => {
  const { frame, output } = frameOf();
  frame.clear();
  assert.equal(output(), '');
  frame.draw(['a']);
  assert.match(output(), /\x1b\[\?25l/);
  assert.doesNotMatch(output(), /\x1b\[\?25h/);
  frame.clear();
  frame.clear();
  assert.equal(output().split('\x1b[?25h').length, 2);
});

test('lines never wrap, and a frame is never taller than the terminal', () => {
  const { frame, shown } = frameOf(10, 5);
  frame.draw(['0123456789abc', ...'abcdef']);
  assert.deepEqual(shown(), ['d', 'e', 'f', '']);
  frame.draw(['0123456789abc']);
  assert.deepEqual(shown(), ['01234567…', '']);
});
