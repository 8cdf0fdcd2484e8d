import assert from 'node:assert/strict';
import { test } from 'node:test';
import { backoff } from '../../src/hooks/delivery/backoff.ts';
import { Outage } from '../../src/hooks/delivery/outage.ts';
import { outcomeOf } from '../../src/hooks/delivery/outcome.ts';
import type { StoredDelivery } from '../../src/storage/model/delivery.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

test('the pause between attempts doubles from a second to an hour, with full jitter', () => {
  const longest = [1, 2, 3, 4, 12, 13, 50].map((attempts) => backoff(attempts, () => 1));
  assert.deepEqual(longest, [1_000, 2_000, 4_000, 8_000, 2_048_000, HOUR, HOUR]);
  assert.equal(
    backoff(13, () => 0),
    0,
  );
  assert.equal(
    backoff(13, () => 0.25),
    HOUR / 4,
  );
});

const delivery = { seq: 7, attempts: 2, firstAt: 1_000 } as StoredDelivery;
const at = (now: number) => ({ startedAt: now - 10, now, maxAge: DAY, random: () => 1 });

test('a failure is tried again until its time, counted from the first attempt, is up', () => {
  const failure = { ok: false, sentence: 'no', why: 'failed' } as const;
  assert.deepEqual(outcomeOf(delivery, failure, at(2_000)), {
    seq: 7,
    state: 'pending',
    error: 'no',
    startedAt: 1_990,
    nextAt: 2_000 + 4_000,
  });
  const late = outcomeOf(delivery, failure, at(DAY));
  assert.equal(
    late?.state === 'pending' && late.nextAt,
    DAY + 1_000,
    'one attempt just at the end',
  );
  assert.equal(outcomeOf(delivery, failure, at(DAY + 1_000))?.state, 'dead');
  assert.equal(outcomeOf({ ...delivery, firstAt: null }, failure, at(9 * DAY))?.state, 'pending');
});

test('an attempt that was cut short has no outcome', () => {
  const cut = { ok: false, sentence: 'stopped', why: 'aborted' } as const;
  assert.equal(outcomeOf(delivery, cut, at(9 * DAY)), undefined);
});

test('a receiver that fails five times in a row is probed, ever more seldom up to ten seconds', () => {
  const log: string[] = [];
  const outage = new Outage(
    'hook app',
    (level, message) => log.push(`${level}: ${message}`),
    () => 1,
  );
  const fail = (now: number) => outage.failed('no', now, now);
  for (const now of [1, 2, 3, 4]) fail(now);
  assert.equal(outage.room(16, 4), 16);
  fail(5);
  assert.equal(outage.room(16, 5), 0);
  assert.equal(outage.room(16, 1_005), 1);
  outage.failed('no', 3, 900);
  assert.equal(outage.room(16, 1_005), 1, 'what was on its way already changes nothing');
  let now = 1_005;
  const pauses: number[] = [];
  for (let probe = 0; probe < 5; probe += 1) {
    fail(now);
    const from = now;
    while (outage.room(16, now) === 0) now += 1;
    pauses.push(now - from);
  }
  assert.deepEqual(pauses, [2_000, 4_000, 8_000, 10_000, 10_000]);
  assert.equal(outage.duration(now), now - 1);
  assert.equal(outage.succeeded(now), now - 1);
  assert.deepEqual([outage.room(16, now), outage.duration(now)], [16, 0]);
  assert.deepEqual(log, [
    'warn: hook app: no; it will be tried again',
    'info: hook app: works again after 35 s',
  ]);
  assert.equal(outage.succeeded(now), 0);
});
