import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createReadiness } from '../../src/admin/readiness.ts';

/** A clock that tests set (milliseconds). */
function clock() {
  const time = { now: 0 };
  return { time, now: () => time.now };
}

const fails = (message: string) => () => {
  throw new Error(message);
};

test('it is ready when every check is well, and names all that are not', async () => {
  const { now } = clock();
  const well = createReadiness(() => ({ a: () => {}, b: async () => 1 }), now);
  assert.deepEqual(await well(), {
    status: 'ready',
    reasons: [],
    checks: { a: { ok: true }, b: { ok: true } },
  });
  const ill = createReadiness(() => ({ a: fails('x'), b: async () => 1, c: fails('y') }), now);
  assert.deepEqual(await ill(), {
    status: 'not ready',
    reasons: ['a: x', 'c: y'],
    checks: { a: { ok: false, reason: 'x' }, b: { ok: true }, c: { ok: false, reason: 'y' } },
  });
});

test('many who ask at once, or soon after each other, cost one look', async () => {
  const { time, now } = clock();
  let looks = 0;
  const look = () => {
    looks += 1;
  };
  const ask = createReadiness(() => ({ a: look }), now);
  await Promise.all([ask(), ask(), ask()]);
  time.now = 999;
  await ask();
  assert.equal(looks, 1);
  time.now = 1000;
  await ask();
  assert.equal(looks, 2);
});

test('a check that hangs has failed, and is not begun again before it ends', async () => {
  const { time, now } = clock();
  let begun = 0;
  let end = () => {};
  const hanging = () => {
    begun += 1;
    return new Promise<void>((resolve) => {
      end = resolve;
    });
  };
  const ask = createReadiness(() => ({ disk: hanging, other: () => {} }), now, 10);
  for (let asked = 0; asked < 3; asked++) {
    time.now += 2000;
    const { reasons, checks } = await ask();
    assert.deepEqual(reasons, ['disk: no result within 0.01 s']);
    assert.deepEqual(checks.other, { ok: true });
  }
  assert.equal(begun, 1);
  end();
  time.now += 2000;
  const next = ask();
  setImmediate(() => setImmediate(() => end()));
  assert.equal((await next).status, 'ready');
});
