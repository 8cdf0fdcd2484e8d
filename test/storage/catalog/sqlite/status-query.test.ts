import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cutoffs, expiresAt } from '../../../../src/retention/policy.ts';
import {
  RECORD_STATES,
  statusOf,
  UPLOAD_STATUSES,
  type UploadStatus,
} from '../../../../src/storage/model/upload.ts';
import type { UploadStore } from '../../../../src/storage/store.ts';
import { CALLER, DAY, HOUR, serveUploads } from '../../../support/uploads.ts';

test('counting and filtering by status says the same as asking of each record', async (context) => {
  const uploads = await serveUploads(context);
  const { store, clock } = uploads;
  // Every kind, at every age that matters.
  for (let age = 0; age < 5; age++) {
    await uploads.make({ received: 1 });
    await uploads.make({ length: 1, received: 1 });
    await uploads.make({ kind: 'partial', length: 1, received: 1 });
    const part = await uploads.make({ kind: 'partial', length: 2, received: 1 });
    await store.concatenate({
      kind: 'final',
      length: null,
      metadata: null,
      protocolData: null,
      parts: [part.id],
      caller: CALLER,
    });
    const removed = await uploads.make({});
    await store.terminate(removed.id, CALLER);
    clock.now += [1, 9_999, HOUR, DAY, 0][age] ?? 0;
  }
  const policies = [
    { unfinishedFor: DAY, finishedFor: null },
    { unfinishedFor: null, finishedFor: DAY },
    { unfinishedFor: HOUR, finishedFor: DAY + HOUR },
    { unfinishedFor: null, finishedFor: null },
  ];
  for (const policy of policies) {
    const at = cutoffs(policy, clock.now);
    const expected = new Map<UploadStatus, string[]>(UPLOAD_STATUSES.map((status) => [status, []]));
    for await (const record of store.list({ states: RECORD_STATES })) {
      expected.get(statusOf(record, clock.now, expiresAt(record, policy)))?.push(record.id);
    }
    const totals = await store.statusTotals(at);
    for (const [status, ids] of expected) {
      const found: string[] = [];
      for await (const { id } of store.list({ statuses: { names: [status], at } })) found.push(id);
      assert.deepEqual(found, ids, `${status} ${JSON.stringify(policy)}`);
      const count = totals.reduce((sum, row) => sum + (row.status === status ? row.count : 0), 0);
      assert.equal(count, ids.length, status);
    }
  }
});

test('a list of many pages has each upload once, in either direction', async (context) => {
  const uploads = await serveUploads(context);
  const made: string[] = [];
  for (let count = 0; count < 1001; count++) made.push((await uploads.make({})).id);
  const store: UploadStore = uploads.store;
  for (const sort of ['created', 'name'] as const) {
    for (const reverse of [true, false]) {
      const ids: string[] = [];
      for await (const { id } of store.list({ sort, reverse })) ids.push(id);
      // Without names, `name` falls back to the order of creation.
      const forward = (sort === 'created') === reverse;
      assert.deepEqual(ids, forward ? made : made.toReversed(), `${sort} ${reverse}`);
    }
  }
});
