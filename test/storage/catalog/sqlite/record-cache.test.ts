import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { temporaryFolder } from '../../../support/temporary.ts';
import { draftRecord } from '../../support/records.ts';
import { openTables } from '../../support/tables.ts';

/** Two connections to one catalog, as of the daemon and of a command beside it, with one upload. */
function connections(t: TestContext) {
  const folder = temporaryFolder(t);
  const [ours, other] = [openTables(t, folder), openTables(t, folder)];
  const seq = ours.uploads.insert(draftRecord({ id: 'a' }));
  return { ours, other, seq };
}

test('a change of this process is seen at once', (t) => {
  const { ours, seq } = connections(t);
  for (const offset of [1, 2, 3]) {
    ours.transactions.write(() => ours.uploads.update(seq, { offset }));
    assert.equal(ours.uploads.get('a')?.offset, offset);
  }
  ours.uploads.finish(seq, {});
  assert.equal(ours.uploads.get('a')?.state, 'finished');
  ours.uploads.forget([seq]);
  assert.equal(ours.uploads.get('a'), undefined);
});

test('a change of another process is seen in the next turn, and at once in a transaction', async (t) => {
  const { ours, other, seq } = connections(t);
  assert.equal(ours.uploads.get('a')?.offset, 0);
  other.uploads.update(seq, { offset: 5 });
  assert.equal(ours.transactions.write(() => ours.uploads.get('a'))?.offset, 5);
  await nextTurn();
  assert.equal(ours.uploads.get('a')?.offset, 5);
  other.uploads.forget([seq]);
  await nextTurn();
  assert.equal(ours.uploads.get('a'), undefined);
});

test('what a transaction took back was never there', (t) => {
  const { ours, seq } = connections(t);
  assert.equal(ours.uploads.get('a')?.offset, 0);
  const taken = new Error('taken back');
  assert.throws(
    () =>
      ours.transactions.write(() => {
        ours.uploads.update(seq, { offset: 9 });
        assert.equal(ours.uploads.get('a')?.offset, 9);
        throw taken;
      }),
    taken,
  );
  assert.equal(ours.uploads.get('a')?.offset, 0);
});

test('more uploads than are kept are all found', (t) => {
  const { ours } = connections(t);
  const ids = Array.from({ length: 5_000 }, (_, index) => `id${index}`);
  ours.transactions.write(() => {
    for (const id of ids) ours.uploads.insert(draftRecord({ id }));
  });
  for (let round = 0; round < 2; round++) {
    for (const id of ids) assert.equal(ours.uploads.get(id)?.id, id);
  }
});
