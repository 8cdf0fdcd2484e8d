import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sanitizeStyled } from '../../src/terminal/sgr.ts';

test('a styled line keeps its colours and loses every other escape sequence', () => {
  assert.equal(
    sanitizeStyled('\x1b[31mred\x1b[39m\x1b[2J\n\u202e'),
    '\x1b[31mred\x1b[39m\\x1b[2J\\x0a\\u{202e}',
  );
});
