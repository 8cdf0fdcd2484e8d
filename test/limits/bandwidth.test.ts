import assert from 'node:assert/strict';
import { test } from 'node:test';
import { joinAll, Pool, type Share } from '../../src/limits/bandwidth.ts';
import { TestClock } from './support/meter-clock.ts';

/** A request that always has more bytes, in chunks of this size. */
function greedy(share: Share, chunk: number) {
  const request = { bytes: 0, stopped: false };
  const more = () => {
    while (!request.stopped) {
      request.bytes += chunk;
      if (!share.use(chunk, more)) return;
    }
  };
  more();
  return request;
}

test('one request gets the whole bandwidth, and no more', () => {
  const clock = new TestClock();
  const request = greedy(new Pool(1_000_000, clock).join(), 10_000);
  clock.pass(10_000);
  assert.ok(Math.abs(request.bytes - 10_000_000) <= 40_000, String(request.bytes));
});

test('requests share fairly, however large their chunks are', () => {
  const clock = new TestClock();
  const pool = new Pool(1_000_000, clock);
  const requests = [256 * 1024, 64 * 1024, 1_000].map((size) => greedy(pool.join(), size));
  clock.pass(60_000);
  for (const { bytes } of requests) {
    assert.ok(Math.abs(bytes - 20_000_000) < 300_000, requests.map((one) => one.bytes).join());
  }
});

test('what a slow request does not need goes to the others', () => {
  const clock = new TestClock();
  const pool = new Pool(1_000_000, clock);
  const slow = pool.join();
  const fast = greedy(pool.join(), 10_000);
  let sent = 0;
  for (let second = 0; second < 20; second++) {
    slow.use(50_000, () => {});
    sent += 50_000;
    clock.pass(1_000);
  }
  assert.ok(Math.abs(fast.bytes + sent - 20_000_000) < 100_000, String(fast.bytes));
});

test('a pool that was idle for long saves up no more than a moment', () => {
  const clock = new TestClock();
  const pool = new Pool(1_000_000, clock);
  clock.pass(3_600_000);
  const request = greedy(pool.join(), 1_000);
  assert.ok(request.bytes <= 101_000, String(request.bytes));
});

test('requests that end before they have paid are not free', () => {
  const clock = new TestClock();
  const pool = new Pool(1_000_000, clock);
  for (let index = 0; index < 10; index++) {
    const share = pool.join();
    share.use(100_000, () => {});
    share.leave();
  }
  let paid = false;
  pool.join().use(1, () => {
    paid = true;
  });
  clock.pass(800);
  assert.equal(paid, false);
  clock.pass(300);
  assert.equal(paid, true);
  assert.equal(pool.shares, 1);
});

test('of several pools the slowest decides', () => {
  const clock = new TestClock();
  const share = joinAll([new Pool(1_000_000, clock), new Pool(100_000, clock)]);
  const request = greedy(share!, 10_000);
  clock.pass(10_000);
  assert.ok(Math.abs(request.bytes - 1_000_000) <= 40_000, String(request.bytes));
  assert.equal(joinAll([]), null);
});

test('no clock that is set makes a pool faster or slower', () => {
  const clock = new TestClock();
  const request = greedy(new Pool(1_000_000, clock).join(), 10_000);
  for (const step of [86_400_000, -3_600_000, -86_400_000 * 365]) {
    clock.wall += step;
    clock.pass(1_000);
  }
  assert.ok(Math.abs(request.bytes - 3_000_000) <= 40_000, String(request.bytes));
});
