import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createPace } from '../../src/storage/pace.ts';

function fakeTime() {
  const time = { now: 1000, slept: 0 };
  return {
    time,
    now: () => time.now,
    sleep: async (milliseconds: number) => {
      time.now += milliseconds;
      time.slept += milliseconds;
    },
  };
}

test('work on bytes is held to its rate', async () => {
  const { time, now, sleep } = fakeTime();
  const pace = createPace({ bytesPerSecond: 1000, now, sleep });
  for (let block = 0; block < 50; block++) await pace(100);
  assert.ok(Math.abs(time.now - 1000 - 5000) <= 100, `${time.now - 1000} ms for 5000 bytes`);
});

test('time that the work itself takes counts', async () => {
  const { time, now, sleep } = fakeTime();
  const pace = createPace({ bytesPerSecond: 1000, now, sleep });
  for (let block = 0; block < 50; block++) {
    time.now += 100;
    await pace(100);
  }
  assert.ok(time.slept <= 100, `slept ${time.slept} ms although the work was slow enough`);
});

test('a pause is not made up for by a burst', async () => {
  const { time, now, sleep } = fakeTime();
  const pace = createPace({ bytesPerSecond: 1000, now, sleep });
  await pace(100);
  time.now += 60_000;
  time.slept = 0;
  for (let block = 0; block < 20; block++) await pace(100);
  assert.ok(time.slept >= 1800, `slept only ${time.slept} ms`);
});

test('without a rate nothing waits', async () => {
  const { time, now, sleep } = fakeTime();
  const pace = createPace({ bytesPerSecond: null, now, sleep });
  await pace(1e12);
  assert.equal(time.slept, 0);
});
