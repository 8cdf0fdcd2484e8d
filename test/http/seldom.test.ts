import assert from 'node:assert/strict';
import { test } from 'node:test';
import { seldom } from '../../src/http/seldom.ts';

test('the first event is reported at once, the others once a minute, and no event is no report', (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const told: number[] = [];
  const happens = seldom((count) => told.push(count));
  for (let count = 0; count < 10; count += 1) happens();
  assert.deepEqual(told, [1]);
  t.mock.timers.tick(60_000);
  assert.deepEqual(told, [1, 9]);
  t.mock.timers.tick(180_000);
  assert.deepEqual(told, [1, 9]);
  happens();
  assert.deepEqual(told, [1, 9, 1]);
});
