import assert from 'node:assert/strict';
import { test } from 'node:test';
import { HoldingsBook } from '../../src/limits/holdings.ts';
import { ALL, ownerKey } from '../../src/limits/subjects.ts';
import type { Holdings } from '../../src/storage/model/counting.ts';
import { draftRecord } from '../storage/support/records.ts';

function bookOf(holdings: Holdings): HoldingsBook {
  return new HoldingsBook({
    count: async () => [],
    allCounts: async () => [],
    forgetCounts: async () => {},
    holdings: async () => holdings,
  });
}

test('the removal of a file that was moved away gives no room back that it did not take', async () => {
  const book = bookOf({
    finished: 10,
    finishedOf: [
      { owner: 'alice', bytes: 30 },
      { owner: null, bytes: 5 },
    ],
    unfinished: [],
  });
  await book.refresh();
  const movedTo = { path: '/in/a', root: '/in', size: 20, mtimeMs: 1, ino: 1 };
  const record = { state: 'finished', owner: 'alice', length: 20, offset: 20 } as const;
  book.remove(draftRecord({ ...record, id: 'moved', movedTo }));
  assert.deepEqual([book.bytes(ALL), book.bytes(ownerKey('alice'))], [10, 10]);
  book.remove(draftRecord({ ...record, id: 'kept', length: 4, offset: 4 }));
  assert.deepEqual([book.bytes(ALL), book.bytes(ownerKey('alice'))], [6, 6]);
});
