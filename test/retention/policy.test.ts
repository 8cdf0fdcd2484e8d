import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cutoffs, describePolicy, expiresAt } from '../../src/retention/policy.ts';
import { DAY } from '../support/uploads.ts';

const policy = { unfinishedFor: DAY, finishedFor: 7 * DAY };
const keepAll = { unfinishedFor: null, finishedFor: null };

test('an unfinished upload expires after its last byte', () => {
  const record = {
    state: 'receiving',
    kind: 'single',
    activeAt: 1000,
    finishedAt: null,
    expiresAt: null,
  } as const;
  assert.equal(expiresAt(record, policy), 1000 + DAY);
  assert.equal(expiresAt({ ...record, state: 'joining', kind: 'final' }, policy), 1000 + DAY);
  assert.equal(expiresAt(record, keepAll), null);
});

test('a finished upload expires after its finish, and never unless that is configured', () => {
  const record = {
    state: 'finished',
    kind: 'single',
    activeAt: 1000,
    finishedAt: 5000,
    expiresAt: null,
  } as const;
  assert.equal(expiresAt(record, policy), 5000 + 7 * DAY);
  assert.equal(expiresAt(record, { ...policy, finishedFor: null }), null);
});

test('a finished part is as abandoned as an unfinished upload', () => {
  const part = {
    state: 'finished',
    kind: 'partial',
    activeAt: 1000,
    finishedAt: 5000,
    expiresAt: null,
  } as const;
  assert.equal(expiresAt(part, policy), 1000 + DAY);
  assert.equal(expiresAt(part, { unfinishedFor: null, finishedFor: DAY }), null);
});

test('what was removed does not expire again', () => {
  for (const state of ['removing', 'removed'] as const) {
    const record = {
      state,
      kind: 'single',
      activeAt: 1000,
      finishedAt: 5000,
      expiresAt: null,
    } as const;
    assert.equal(expiresAt(record, policy), null);
  }
});

test('cut-offs are null where nothing expires', () => {
  assert.deepEqual(cutoffs(policy, 10 * DAY), {
    now: 10 * DAY,
    idleSince: 9 * DAY,
    finishedBefore: 3 * DAY,
  });
  assert.deepEqual(cutoffs(keepAll, 10 * DAY), {
    now: 10 * DAY,
    idleSince: null,
    finishedBefore: null,
  });
});

test('a policy is described in a sentence', () => {
  assert.equal(
    describePolicy({ unfinishedFor: DAY, finishedFor: null }),
    'unfinished 1 day after their last byte, finished for ever',
  );
  assert.equal(
    describePolicy({ unfinishedFor: null, finishedFor: 30 * DAY }),
    'unfinished for ever, finished for 30 days',
  );
});
