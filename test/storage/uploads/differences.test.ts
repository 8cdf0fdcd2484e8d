import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import { Differences } from '../../../src/storage/uploads/upkeep/differences.ts';

test('sets of the same names have no differences, whatever their order', () => {
  const names = Array.from({ length: 20_000 }, () => randomUUID());
  const differences = new Differences();
  for (const name of names) differences.left(name);
  for (const name of names.toReversed()) differences.right(name);
  assert.equal(differences.none(), true);
  assert.equal(
    names.some((name) => differences.has(name)),
    false,
  );
});

test('every name that is in one set alone is among the differences, and few others are', () => {
  const common = Array.from({ length: 20_000 }, () => randomUUID());
  const left = ['', 'a', 'b', 'ähnlich', ...Array.from({ length: 50 }, () => randomUUID())];
  const right = ['A', 'ab', 'ba', ...Array.from({ length: 50 }, () => randomUUID())];
  const differences = new Differences();
  for (const name of [...common, ...left]) differences.left(name);
  for (const name of [...right, ...common]) differences.right(name);
  assert.equal(differences.none(), false);
  assert.equal(
    [...left, ...right].every((name) => differences.has(name)),
    true,
  );
  assert.ok(common.filter((name) => differences.has(name)).length < 200);
});

test('as many names on either side do not hide that they are others', () => {
  const differences = new Differences();
  for (let round = 0; round < 10_000; round++) {
    const [one, other] = [`left ${round}`, `right ${round}`];
    differences.left(one);
    differences.right(other);
    assert.ok(differences.has(one) && differences.has(other));
    // As before, for the next round.
    differences.right(one);
    differences.left(other);
    assert.ok(differences.none());
  }
});
