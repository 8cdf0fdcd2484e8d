import '../../support/faulty-disk.ts';

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { faultyDisk } from '../../support/faulty-disk.ts';
import { openTables } from '../../support/tables.ts';

const BROKEN = new Error('not this one');

test('changes of one turn are one commit', async (t) => {
  const { transactions, meta } = openTables(t);
  const disk = faultyDisk.during(t);
  const names = ['a', 'b', 'c'];
  const made = names.map((name) =>
    transactions.writeTogether(() => {
      meta.set(name, '1');
      return name;
    }),
  );
  assert.deepEqual(await Promise.all(made), names);
  assert.deepEqual(
    names.map((name) => meta.get(name)),
    ['1', '1', '1'],
  );
  assert.equal(disk.steps.filter((step) => step === 'COMMIT').length, 1);
});

test('a change that fails takes nobody with it', async (t) => {
  const { transactions, meta } = openTables(t);
  const [first, broken, last] = await Promise.allSettled([
    transactions.writeTogether(() => meta.set('first', '1')),
    transactions.writeTogether(() => {
      meta.set('broken', '1');
      throw BROKEN;
    }),
    transactions.writeTogether(() => meta.set('last', '1')),
  ]);
  assert.deepEqual(
    [first.status, broken.status, last.status],
    ['fulfilled', 'rejected', 'fulfilled'],
  );
  assert.equal((broken as PromiseRejectedResult).reason, BROKEN);
  assert.deepEqual(
    ['first', 'broken', 'last'].map((name) => meta.get(name)),
    ['1', null, '1'],
  );
});

test('when the catalog fails, all callers fail at once, and none waits for it again', async (t) => {
  const { transactions, meta } = openTables(t);
  const disk = faultyDisk.during(t);
  let commits = 0;
  disk.fail = (step) => {
    if (step !== 'COMMIT') return undefined;
    commits += 1;
    return Object.assign(new Error('full'), { code: 'SQLITE_FULL' });
  };
  const [first, second] = await Promise.allSettled([
    transactions.writeTogether(() => meta.set('first', '1')),
    transactions.writeTogether(() => meta.set('second', '1')),
  ]);
  for (const one of [first, second]) {
    assert.equal((one as PromiseRejectedResult).reason?.code, 'NO_SPACE');
  }
  assert.equal(commits, 1);
  disk.reset();
  assert.deepEqual([meta.get('first'), meta.get('second')], [null, null]);
});
