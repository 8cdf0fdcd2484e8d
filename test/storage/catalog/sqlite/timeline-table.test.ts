import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { TimelineTable } from '../../../../src/storage/catalog/sqlite/tables/timeline-table.ts';
import type { TimelineEvent } from '../../../../src/storage/model/timeline.ts';
import { CALLER } from '../../support/stores.ts';
import { openTables } from '../../support/tables.ts';

const { origin } = CALLER;

function timelineOf(t: TestContext): TimelineTable {
  return openTables(t).timeline;
}

type Received = TimelineEvent & { event: 'received' };

function received(from: number, to: number, until: number, change: Partial<Received> = {}) {
  return { event: 'received', from, to, requests: 1, until, origin, interrupted: null, ...change };
}

function add(timeline: TimelineTable, ...entries: (Received | ReturnType<typeof received>)[]) {
  for (const entry of entries) timeline.add(1, entry.until, entry as Received);
}

test('what happened comes back in order, each upload for itself', (t) => {
  const timeline = timelineOf(t);
  timeline.add(1, 10, { event: 'created', origin });
  timeline.add(2, 11, { event: 'finished' });
  timeline.add(1, 12, { event: 'refused', why: 'too\nlarge' });
  timeline.add(1, 12, { event: 'removed', why: 'expired', bytes: 7 });
  assert.deepEqual(timeline.of(1), [
    { at: 10, event: 'created', origin },
    { at: 12, event: 'refused', why: 'too\nlarge' },
    { at: 12, event: 'removed', why: 'expired', bytes: 7 },
  ]);
  assert.deepEqual(timeline.of(2), [{ at: 11, event: 'finished' }]);
  assert.deepEqual(timeline.of(3), []);
});

test('a terabyte in small requests is one line', (t) => {
  const timeline = timelineOf(t);
  for (let request = 0; request < 500; request++) {
    add(timeline, received(request * 5, request * 5 + 5, request * 1000));
  }
  assert.deepEqual(timeline.of(1), [
    { at: 0, ...received(0, 2500, 499_000, { requests: 500 }) } as unknown,
  ]);
});

test('an interruption ends a line, and stands in it', (t) => {
  const timeline = timelineOf(t);
  add(
    timeline,
    received(0, 5, 1),
    received(5, 8, 2, { interrupted: 'reset' }),
    received(8, 9, 3),
    received(9, 10, 4),
  );
  assert.deepEqual(timeline.of(1), [
    { at: 1, ...received(0, 8, 2, { requests: 2, interrupted: 'reset' }) },
    { at: 3, ...received(8, 10, 4, { requests: 2 }) },
  ] as unknown[]);
});

test('requests from another address, after a gap in time or in bytes are lines of their own', (t) => {
  const timeline = timelineOf(t);
  const elsewhere = { ...origin, address: '192.0.2.7' };
  add(
    timeline,
    received(0, 5, 1),
    received(5, 6, 2, { origin: elsewhere }),
    received(6, 7, 60_002, { origin: elsewhere }),
    received(8, 9, 60_003, { origin: elsewhere }),
  );
  assert.equal(timeline.of(1).length, 4);
});

test('another event in between ends a line', (t) => {
  const timeline = timelineOf(t);
  add(timeline, received(0, 5, 1));
  timeline.add(1, 2, { event: 'length-declared', length: 10 });
  add(timeline, received(5, 10, 3));
  assert.deepEqual(
    timeline.of(1).map((entry) => entry.event),
    ['received', 'length-declared', 'received'],
  );
});

test('a client that fails for ever does not fill the disk, and its last failure is kept', (t) => {
  const timeline = timelineOf(t);
  timeline.add(1, 0, { event: 'created', origin });
  for (let request = 1; request <= 5_000; request++) {
    add(timeline, received(0, 0, request * 100_000, { interrupted: 'reset' }));
    timeline.add(1, request * 100_000, { event: 'rejected', why: `no. ${request}`, origin });
  }
  timeline.add(1, 1e9, { event: 'finished' });
  const entries = timeline.of(1);
  assert.equal(entries.length, 1_001);
  assert.equal(entries[0]?.event, 'created');
  assert.deepEqual(entries.slice(-2), [
    { at: 5_000 * 100_000, event: 'rejected', why: 'no. 5000', origin },
    { at: 1e9, event: 'finished' },
  ] as unknown[]);
});
