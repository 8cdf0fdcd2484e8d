import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { Catalog } from '../../../../src/storage/catalog/sqlite/sqlite-catalog.ts';
import { temporaryFolder } from '../../../support/temporary.ts';
import { faultyDisk } from '../../support/faulty-disk.ts';

function catalogOf(t: TestContext): Catalog {
  const catalog = new Catalog(temporaryFolder(t), { autoCheckpoint: true, mustExist: false });
  t.after(() => catalog.close());
  return catalog;
}

const BROKEN = new Error('not this one');

test('changes of one turn are one commit', async (t) => {
  const catalog = catalogOf(t);
  const disk = faultyDisk.during(t);
  const names = ['a', 'b', 'c'];
  const made = names.map((name) =>
    catalog.writeTogether(() => {
      catalog.setMeta(name, '1');
      return name;
    }),
  );
  assert.deepEqual(await Promise.all(made), names);
  assert.deepEqual(
    names.map((name) => catalog.getMeta(name)),
    ['1', '1', '1'],
  );
  assert.equal(disk.steps.filter((step) => step === 'COMMIT').length, 1);
});

test('a change that fails takes nobody with it', async (t) => {
  const catalog = catalogOf(t);
  const [first, broken, last] = await Promise.allSettled([
    catalog.writeTogether(() => catalog.setMeta('first', '1')),
    catalog.writeTogether(() => {
      catalog.setMeta('broken', '1');
      throw BROKEN;
    }),
    catalog.writeTogether(() => catalog.setMeta('last', '1')),
  ]);
  assert.deepEqual(
    [first.status, broken.status, last.status],
    ['fulfilled', 'rejected', 'fulfilled'],
  );
  assert.equal((broken as PromiseRejectedResult).reason, BROKEN);
  assert.deepEqual(
    ['first', 'broken', 'last'].map((name) => catalog.getMeta(name)),
    ['1', null, '1'],
  );
});

test('when the catalog fails, all are told at once, and nobody waits for it again', async (t) => {
  const catalog = catalogOf(t);
  const disk = faultyDisk.during(t);
  let commits = 0;
  disk.fail = (step) => {
    if (step !== 'COMMIT') return undefined;
    commits += 1;
    return Object.assign(new Error('full'), { code: 'SQLITE_FULL' });
  };
  const [first, second] = await Promise.allSettled([
    catalog.writeTogether(() => catalog.setMeta('first', '1')),
    catalog.writeTogether(() => catalog.setMeta('second', '1')),
  ]);
  for (const one of [first, second]) {
    assert.equal((one as PromiseRejectedResult).reason?.code, 'NO_SPACE');
  }
  assert.equal(commits, 1);
  disk.reset();
  assert.deepEqual([catalog.getMeta('first'), catalog.getMeta('second')], [null, null]);
});
