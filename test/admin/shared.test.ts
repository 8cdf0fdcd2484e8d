import assert from 'node:assert/strict';
import { test } from 'node:test';
import { shared } from '../../src/admin/shared.ts';

test('all who ask while a result is made, or is fresh, share it', async () => {
  let now = 0;
  let made = 0;
  const ask = shared(
    async () => {
      made += 1;
      return made;
    },
    100,
    () => now,
  );
  assert.deepEqual(await Promise.all([ask(), ask(), ask()]), [1, 1, 1]);
  now = 99;
  assert.equal(await ask(), 1);
  now = 100;
  assert.equal(await ask(), 2);
});

test('a result that takes long is shared until it is there', async () => {
  let now = 0;
  let end = (_: string) => {};
  let begun = 0;
  const ask = shared(
    () => {
      begun += 1;
      return new Promise<string>((resolve) => {
        end = resolve;
      });
    },
    100,
    () => now,
  );
  const first = ask();
  now = 5_000;
  const second = ask();
  end('late');
  assert.deepEqual([await first, await second, begun], ['late', 'late', 1]);
});

test('after a failure the next one tries again', async () => {
  let fails = true;
  const ask = shared(
    async () => {
      if (fails) throw new Error('no');
      return 1;
    },
    100,
    () => 0,
  );
  await assert.rejects(ask(), /no/);
  fails = false;
  assert.equal(await ask(), 1);
});
