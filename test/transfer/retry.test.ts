import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Fault } from '../../src/fault.ts';
import { createAttempts, type RetryPolicy } from '../../src/transfer/retry.ts';

function policyWith(clock: { now: number; slept: number[] }): RetryPolicy {
  return {
    retryFor: 60_000,
    firstContact: 5_000,
    now: () => clock.now,
    sleep: async (milliseconds) => {
      clock.slept.push(milliseconds);
      clock.now += milliseconds;
    },
    random: () => 1,
  };
}

const cut = new Fault('UNREACHABLE', 'the connection was cut');

test('pauses grow up to half a minute, and begin anew after progress', async () => {
  const clock = { now: 0, slept: [] as number[] };
  const attempts = createAttempts({ ...policyWith(clock), retryFor: 1e9 }, () => {});
  attempts.reached();
  for (let failure = 0; failure < 8; failure++) await attempts.afterFailure(cut);
  assert.deepEqual(clock.slept, [500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000]);
  attempts.progressed();
  await attempts.afterFailure(cut);
  assert.equal(clock.slept.at(-1), 500);
});

test('a pause is shortened by up to a half at random', async () => {
  const clock = { now: 0, slept: [] as number[] };
  const attempts = createAttempts({ ...policyWith(clock), random: () => 0 }, () => {});
  await attempts.afterFailure(cut);
  assert.deepEqual(clock.slept, [250]);
});

test('attempts without progress end after retryFor, and say how long they took', async () => {
  const clock = { now: 0, slept: [] as number[] };
  const attempts = createAttempts(policyWith(clock), () => {});
  attempts.reached();
  const failing = async () => {
    for (;;) await attempts.afterFailure(cut);
  };
  await assert.rejects(failing, /cut; gave up after 3\d s/);
  assert.ok(clock.now <= 60_000);
});

test('attempts that end within a second say so, too', async () => {
  const clock = { now: 0, slept: [] as number[] };
  const attempts = createAttempts({ ...policyWith(clock), retryFor: 1_200 }, () => {});
  attempts.reached();
  await attempts.afterFailure(cut);
  await assert.rejects(attempts.afterFailure(cut), /cut; gave up after 500 ms/);
});

test('a server that has never answered is given up earlier', async () => {
  const clock = { now: 0, slept: [] as number[] };
  const attempts = createAttempts(policyWith(clock), () => {});
  const failing = async () => {
    for (;;) await attempts.afterFailure(cut);
  };
  await assert.rejects(failing, { code: 'UNREACHABLE' });
  assert.ok(clock.now <= 5_000);
});

test('Retry-After is honoured, unless it is longer than the patience', async () => {
  const clock = { now: 0, slept: [] as number[] };
  const attempts = createAttempts(policyWith(clock), () => {});
  await attempts.afterFailure(new Fault('UNREACHABLE', 'busy', { retryAfter: 20, status: 503 }));
  assert.deepEqual(clock.slept, [20_500]);
  const long = new Fault('UNREACHABLE', 'busy', { retryAfter: 3600, status: 503 });
  await assert.rejects(() => attempts.afterFailure(long), { code: 'UNREACHABLE' });
  assert.equal(clock.slept.length, 1);
});

test('what does not pass by itself is not tried again', async () => {
  const clock = { now: 0, slept: [] as number[] };
  const attempts = createAttempts(policyWith(clock), () => {});
  for (const code of ['FORBIDDEN', 'TOO_LARGE', 'NO_SPACE', 'CHANGED', 'PROTOCOL'] as const) {
    await assert.rejects(() => attempts.afterFailure(new Fault(code, 'no')), { code });
  }
  assert.deepEqual(clock.slept, []);
});

test('a checksum that is wrong again and again ends the attempts', async () => {
  const clock = { now: 0, slept: [] as number[] };
  const attempts = createAttempts({ ...policyWith(clock), retryFor: 1e9 }, () => {});
  attempts.reached();
  const wrong = new Fault('CHECKSUM_MISMATCH', 'wrong', { status: 460 });
  for (let failure = 0; failure < 4; failure++) await attempts.afterFailure(wrong);
  await assert.rejects(() => attempts.afterFailure(wrong), { code: 'CHECKSUM_MISMATCH' });
});
