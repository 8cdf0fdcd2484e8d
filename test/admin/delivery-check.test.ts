import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assertDelivering, assertPlacing } from '../../src/admin/delivery-check.ts';
import { Tally } from '../../src/admin/tally.ts';
import { MINUTE } from '../../src/text/span.ts';

const HOOKS = [{ name: 'app', timeoutMs: 30_000 }];
const LIMIT = 10 * MINUTE + 30_000;

function check(due: number | null, now: number, lastAttempt?: number) {
  const tally = new Tally();
  if (lastAttempt !== undefined) tally.attempt('app', 'failed', 1, lastAttempt);
  return assertDelivering({ nextDueAt: async () => due }, HOOKS, tally, 0, now);
}

test('deliveries are stuck when one is due and nothing is tried', async () => {
  await check(null, 1e9);
  await check(1_000, 1_000 + LIMIT);
  await assert.rejects(check(1_000, 1_001 + LIMIT), /^Error: nothing was sent to the hook app for/);
  // It is due later.
  await check(1e9, 1_001 + LIMIT);
});

test('a receiver that is down, and tried again and again, is none of it', async () => {
  await check(1_000, 1e9, 1e9 - LIMIT);
  await assert.rejects(check(1_000, 1e9, 1e9 - LIMIT - 1), /hook app/);
});

test('what was due before the daemon started counts from its start', async () => {
  await check(-1e9, LIMIT);
  await assert.rejects(check(-1e9, LIMIT + 1), /hook app/);
});

test('files are stuck when one is due and nothing is done', async () => {
  const look = (due: number | null, movedAt: number | null, now: number) =>
    assertPlacing({ nextDueAt: async () => due }, movedAt, now);
  await look(null, 0, 1e9);
  await look(1_000, 0, 1_000 + 10 * MINUTE);
  await assert.rejects(look(1_000, 0, 1_001 + 10 * MINUTE), /^Error: no file was delivered for/);
  // It is due later, or what is done takes long.
  await look(1e9, 0, 1_001 + 10 * MINUTE);
  await look(1_000, 1e9 - 10 * MINUTE, 1e9);
  await look(1_000, null, 1e9);
});
