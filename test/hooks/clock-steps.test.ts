import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ClockSteps } from '../../src/hooks/delivery/clock-steps.ts';
import { temporaryFolder } from '../support/temporary.ts';
import { until } from '../support/until.ts';
import { serveWithHooks } from './support/hooked-store.ts';
import { httpHook } from './support/hooks-of.ts';
import { startReceiver } from './support/receiver.ts';

const HOUR = 3_600_000;

test('a clock that is set back delays no event', async (t) => {
  const receiver = await startReceiver(t);
  const hook = httpHook(receiver.url);
  const folder = temporaryFolder(t);
  const before = await serveWithHooks(t, [hook], { folder, started: false });
  await before.finish();
  await before.close();
  // Before a start.
  const clock = { now: Date.now() - HOUR };
  const hooked = await serveWithHooks(t, [hook], { folder, now: () => clock.now });
  await until('what was left is delivered', () => receiver.received.length === 1);
  // While it runs, as the events of the store see it.
  await hooked.finish();
  clock.now -= HOUR;
  await until('the event is delivered', () => receiver.received.length === 2);
});

test('a step back is noticed once, and once more for changes that began before it', () => {
  const steps = new ClockSteps();
  const seen = [
    steps.backward(1_000_000, 0),
    steps.backward(1_001_000, 1_000),
    steps.backward(900_000, 2_000),
    steps.backward(901_000, 3_000),
    steps.backward(960_000, 61_999),
    steps.backward(961_000, 62_000),
    steps.backward(962_000, 63_000),
    steps.backward(9_000_000, 64_000),
  ];
  assert.deepEqual(seen, [false, false, true, false, false, true, false, false]);
});
