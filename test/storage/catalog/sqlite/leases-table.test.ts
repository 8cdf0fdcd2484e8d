import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { LEASE_VOID_AFTER } from '../../../../src/storage/catalog/processes.ts';
import type {
  Holder,
  LeasesTable,
} from '../../../../src/storage/catalog/sqlite/tables/leases-table.ts';
import { openTables } from '../../support/tables.ts';

const NOW = 1_000_000;

const by = (owner: string, epoch = 1): Holder => ({ owner, epoch });

function leasesOf(t: TestContext): LeasesTable {
  return openTables(t).leases;
}

test('a lease that counts is taken by nobody else', (t) => {
  const leases = leasesOf(t);
  leases.beat('mine', 'daemon', NOW, '{}');
  assert.equal(leases.take('a', by('mine'), NOW), true);
  assert.equal(leases.take('a', by('mine'), NOW + 1), true);
  assert.equal(leases.take('a', by('other'), NOW + 2), false);
  assert.equal(leases.holder('a', NOW + 2), 'mine');
});

test('a lease is void once its owner has not been heard of for long', (t) => {
  const leases = leasesOf(t);
  leases.beat('mine', 'daemon', NOW, '{}');
  leases.take('a', by('mine'), NOW);
  const still = NOW + LEASE_VOID_AFTER - 1;
  assert.equal(leases.take('a', by('other'), still), false);
  assert.equal(leases.holder('a', still), 'mine');
  assert.equal(leases.holder('a', still + 1), undefined);
  assert.equal(leases.take('a', by('other'), still + 1), true);
});

test('one heartbeat keeps all leases of an owner', (t) => {
  const leases = leasesOf(t);
  leases.beat('mine', 'daemon', NOW, '{}');
  for (const upload of ['a', 'b']) leases.take(upload, by('mine'), NOW);
  leases.beat('mine', 'daemon', NOW + LEASE_VOID_AFTER, '{}');
  for (const upload of ['a', 'b']) {
    assert.equal(leases.take(upload, by('other'), NOW + LEASE_VOID_AFTER + 1), false);
  }
});

test('a lease of an owner that never gave a sign counts for nobody', (t) => {
  const leases = leasesOf(t);
  leases.take('a', by('silent'), NOW);
  assert.equal(leases.holder('a', NOW), undefined);
  assert.equal(leases.take('a', by('other'), NOW), true);
});

test('only the holder of a lease drops it', (t) => {
  const leases = leasesOf(t);
  leases.beat('mine', 'daemon', NOW, '{}');
  leases.take('a', by('mine'), NOW);
  leases.drop('a', by('other'));
  assert.equal(leases.holds('a', by('mine')), true);
  leases.drop('a', by('mine'));
  assert.equal(leases.holds('a', by('mine')), false);
});

test('a lease that was taken anew is another one', (t) => {
  const leases = leasesOf(t);
  leases.take('a', by('mine', 1), NOW);
  assert.equal(leases.holds('a', by('mine', 1)), true);
  leases.take('a', by('mine', 2), NOW);
  assert.equal(leases.holds('a', by('mine', 1)), false);
  leases.drop('a', by('mine', 1));
  assert.equal(leases.holds('a', by('mine', 2)), true);
  leases.dropAny('a');
  assert.equal(leases.holds('a', by('mine', 2)), false);
});

test('a daemon that starts inherits what earlier ones held, however fresh their heartbeat', (t) => {
  const leases = leasesOf(t);
  leases.beat('killed', 'daemon', NOW, '{}');
  leases.take('a', by('killed'), NOW);
  leases.take('b', by('forgotten'), NOW);
  leases.beat('cleanup', 'command', NOW, '{}');
  leases.take('c', by('cleanup'), NOW);
  leases.beat('new', 'daemon', NOW, '{}');
  assert.deepEqual(leases.inherit(by('new')).ids.toSorted(), ['a', 'b']);
  assert.equal(leases.holder('a', NOW), 'new');
  assert.equal(leases.holder('c', NOW), 'cleanup');
});

test('a start that is cut short leaves its inheritance to the next', (t) => {
  const leases = leasesOf(t);
  leases.beat('killed', 'daemon', NOW, '{}');
  leases.take('a', by('killed'), NOW);
  leases.beat('second', 'daemon', NOW, '{}');
  leases.inherit(by('second'));
  leases.beat('third', 'daemon', NOW, '{}');
  assert.deepEqual(leases.inherit(by('third')).ids, ['a']);
});

test('inheriting keeps the own heartbeat, so that its leases count at once', (t) => {
  const leases = leasesOf(t);
  leases.beat('new', 'daemon', NOW, '{}');
  leases.inherit(by('new'));
  leases.take('a', by('new'), NOW);
  assert.equal(leases.holder('a', NOW), 'new');
});

test('an owner that leaves takes its leases along', (t) => {
  const leases = leasesOf(t);
  leases.beat('mine', 'daemon', NOW, '{}');
  leases.take('a', by('mine'), NOW);
  leases.leave('mine');
  leases.beat('new', 'daemon', NOW, '{}');
  assert.deepEqual(leases.inherit(by('new')).ids, []);
});
