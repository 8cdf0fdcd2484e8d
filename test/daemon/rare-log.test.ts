import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createRareLog } from '../../src/daemon/rare-log.ts';

test('the same sentence is logged once a minute, with the number of times in between', () => {
  const lines: string[] = [];
  let now = 0;
  const log = createRareLog(
    (level, message) => lines.push(`${level} ${message}`),
    () => now,
  );
  for (let count = 0; count < 4; count++) log('warn', 'the disk failed');
  log('warn', 'another');
  now = 60_000;
  log('warn', 'the disk failed');
  assert.deepEqual(lines, [
    'warn the disk failed',
    'warn another',
    'warn the disk failed (and 3 times since this was last logged)',
  ]);
});
