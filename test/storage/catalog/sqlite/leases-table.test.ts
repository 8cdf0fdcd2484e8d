import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { LEASE_VOID_AFTER } from '../../../../src/storage/catalog/catalog.ts';
import type { LeasesTable } from '../../../../src/storage/catalog/sqlite/leases-table.ts';
import { Catalog } from '../../../../src/storage/catalog/sqlite/sqlite-catalog.ts';
import { temporaryFolder } from '../../../support/temporary.ts';

const NOW = 1_000_000;

function leasesOf(t: TestContext): LeasesTable {
  const catalog = new Catalog(temporaryFolder(t), { autoCheckpoint: true, mustExist: false });
  t.after(() => catalog.close());
  return catalog.leases;
}

test('a lease that counts is taken by nobody else', (t) => {
  const leases = leasesOf(t);
  leases.beat('mine', 'daemon', NOW);
  assert.equal(leases.take('a', 'mine', NOW), true);
  assert.equal(leases.take('a', 'mine', NOW + 1), true);
  assert.equal(leases.take('a', 'other', NOW + 2), false);
  assert.deepEqual(leases.holder('a', NOW + 2), { owner: 'mine', takenAt: NOW + 1 });
});

test('a lease is void once its owner has not been heard of for long', (t) => {
  const leases = leasesOf(t);
  leases.beat('mine', 'daemon', NOW);
  leases.take('a', 'mine', NOW);
  const still = NOW + LEASE_VOID_AFTER - 1;
  assert.equal(leases.take('a', 'other', still), false);
  assert.notEqual(leases.holder('a', still), undefined);
  assert.equal(leases.holder('a', still + 1), undefined);
  assert.equal(leases.take('a', 'other', still + 1), true);
});

test('one heartbeat keeps all leases of an owner', (t) => {
  const leases = leasesOf(t);
  leases.beat('mine', 'daemon', NOW);
  for (const upload of ['a', 'b']) leases.take(upload, 'mine', NOW);
  leases.beat('mine', 'daemon', NOW + LEASE_VOID_AFTER);
  for (const upload of ['a', 'b']) {
    assert.equal(leases.take(upload, 'other', NOW + LEASE_VOID_AFTER + 1), false);
  }
});

test('a lease of an owner that never gave a sign counts for nobody', (t) => {
  const leases = leasesOf(t);
  leases.take('a', 'silent', NOW);
  assert.equal(leases.holder('a', NOW), undefined);
  assert.equal(leases.take('a', 'other', NOW), true);
});

test('only who holds a lease lets go of it', (t) => {
  const leases = leasesOf(t);
  leases.beat('mine', 'daemon', NOW);
  leases.take('a', 'mine', NOW);
  assert.equal(leases.drop('a', 'other'), false);
  assert.equal(leases.drop('a', 'mine'), true);
  assert.equal(leases.drop('a', 'mine'), false);
});

test('a daemon that starts inherits what earlier ones held, however fresh their heartbeat', (t) => {
  const leases = leasesOf(t);
  leases.beat('killed', 'daemon', NOW);
  leases.take('a', 'killed', NOW);
  leases.take('b', 'forgotten', NOW);
  leases.beat('cleanup', 'command', NOW);
  leases.take('c', 'cleanup', NOW);
  leases.beat('new', 'daemon', NOW);
  assert.deepEqual(leases.inherit('new').toSorted(), ['a', 'b']);
  assert.equal(leases.holder('a', NOW)?.owner, 'new');
  assert.equal(leases.holder('c', NOW)?.owner, 'cleanup');
});

test('a start that is cut short leaves its inheritance to the next', (t) => {
  const leases = leasesOf(t);
  leases.beat('killed', 'daemon', NOW);
  leases.take('a', 'killed', NOW);
  leases.beat('second', 'daemon', NOW);
  leases.inherit('second');
  leases.beat('third', 'daemon', NOW);
  assert.deepEqual(leases.inherit('third'), ['a']);
});

test('inheriting keeps the own heartbeat, so that its leases count at once', (t) => {
  const leases = leasesOf(t);
  leases.beat('new', 'daemon', NOW);
  leases.inherit('new');
  leases.take('a', 'new', NOW);
  assert.equal(leases.holder('a', NOW)?.owner, 'new');
});

test('an owner that leaves takes its leases along', (t) => {
  const leases = leasesOf(t);
  leases.beat('mine', 'daemon', NOW);
  leases.take('a', 'mine', NOW);
  leases.leave('mine');
  leases.beat('new', 'daemon', NOW);
  assert.deepEqual(leases.inherit('new'), []);
});
