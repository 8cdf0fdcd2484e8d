import assert from 'node:assert/strict';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { openDatabase } from '../../../../src/storage/catalog/sqlite/file/database.ts';
import { OutboxTable } from '../../../../src/storage/catalog/sqlite/tables/outbox-table.ts';
import { deliveryStatus } from '../../../../src/storage/model/delivery.ts';
import { temporaryFolder } from '../../../support/temporary.ts';

const DAY = 86_400_000;

function openOutbox(t: TestContext) {
  const file = join(temporaryFolder(t), 'catalog.db');
  const database = openDatabase(file, { autoCheckpoint: true, mustExist: false });
  t.after(() => database.close());
  const outbox = new OutboxTable(database);
  const add = (upload: string, now: number, ...events: string[]) =>
    outbox.add(
      upload,
      events.map((event) => ({ eventId: `evt-${event}`, hook: 'app', event, payload: '{}' })),
      now,
    );
  const due = (now: number) =>
    outbox.due('app', now, 100).map(({ upload, event }) => `${upload} ${event}`);
  const seqOf = (upload: string, event: string) =>
    outbox.list({ upload }).find((one) => one.event === event)!.seq;
  const settle = (upload: string, event: string, now: number, state: 'delivered' | 'dead') => {
    const seq = seqOf(upload, event);
    outbox.settle(
      [state === 'dead' ? { seq, state, error: 'no', attempted: true } : { seq, state }],
      now,
    );
  };
  const fail = (upload: string, event: string, now: number, nextAt: number) =>
    outbox.settle(
      [{ seq: seqOf(upload, event), state: 'pending', error: 'no', startedAt: now, nextAt }],
      now,
    );
  return { database, outbox, add, due, seqOf, settle, fail };
}

test('of the events of one upload only the first is due; other uploads are not held up', (t) => {
  const { outbox, add, due, settle } = openOutbox(t);
  add('a', 10, 'created', 'finished');
  add('b', 20, 'created');
  add('a', 30, 'removed');
  assert.deepEqual(due(30), ['a created', 'b created']);
  settle('a', 'created', 40, 'delivered');
  assert.deepEqual(due(40), ['b created', 'a finished']);
  assert.equal(outbox.nextDueAt('app'), 20);
  settle('a', 'finished', 50, 'delivered');
  assert.deepEqual(due(50), ['b created', 'a removed']);
});

test('the events of a new upload come in order, for each hook by itself, and later ones after them', (t) => {
  const { outbox, add, due, settle } = openOutbox(t);
  const delivery = (hook: string, event: string) => ({
    eventId: event,
    hook,
    event,
    payload: '{}',
  });
  outbox.add(
    'a',
    [delivery('app', 'created'), delivery('other', 'made'), delivery('app', 'finished')],
    10,
  );
  add('a', 20, 'removed');
  assert.deepEqual(due(20), ['a created']);
  assert.equal(outbox.nextDueAt('other'), 10);
  settle('a', 'created', 30, 'delivered');
  assert.deepEqual(due(30), ['a finished']);
  settle('a', 'finished', 40, 'delivered');
  assert.deepEqual(due(40), ['a removed']);
});

test('hooks have lines of their own', (t) => {
  const { outbox, settle, add } = openOutbox(t);
  add('a', 10, 'created', 'finished');
  outbox.add('a', [{ eventId: 'e', hook: 'other', event: 'finished', payload: '{}' }], 10);
  assert.deepEqual(
    outbox.due('other', 10, 9).map(({ event }) => event),
    ['finished'],
  );
  settle('a', 'created', 20, 'delivered');
  assert.equal(outbox.due('other', 20, 9).length, 1);
  assert.equal(outbox.nextDueAt('none'), null);
});

test('an event that failed holds up what comes after it; one that was given up does not', (t) => {
  const { add, due, fail, settle } = openOutbox(t);
  add('a', 10, 'created', 'finished');
  fail('a', 'created', 20, 1_000);
  assert.deepEqual(due(999), []);
  assert.deepEqual(due(1_000), ['a created']);
  settle('a', 'created', 1_000, 'dead');
  assert.deepEqual(due(1_000), ['a finished']);
});

test('an attempt leaves its traces in the row', (t) => {
  const { outbox, add, seqOf, fail, settle } = openOutbox(t);
  add('a', 10, 'created');
  fail('a', 'created', 20, 40);
  fail('a', 'created', 50, 90);
  const failing = outbox.get(seqOf('a', 'created'))!;
  assert.deepEqual(
    [failing.attempts, failing.firstAt, failing.nextAt, failing.lastError, failing.doneAt],
    [2, 20, 90, 'no', null],
  );
  assert.equal(deliveryStatus(failing), 'failing');
  settle('a', 'created', 99, 'delivered');
  const done = outbox.get(failing.seq)!;
  assert.deepEqual([done.attempts, done.nextAt, done.lastError, done.doneAt], [3, null, null, 99]);
});

test('what is settled already stays as it is', (t) => {
  const { outbox, add, seqOf, settle } = openOutbox(t);
  add('a', 10, 'created');
  settle('a', 'created', 20, 'delivered');
  outbox.settle([{ seq: seqOf('a', 'created'), state: 'dead', error: 'x', attempted: true }], 30);
  assert.equal(outbox.get(seqOf('a', 'created'))?.state, 'delivered');
});

test('trying anew makes any delivery due, counts from nothing, and keeps the order', (t) => {
  const { outbox, add, due, seqOf, fail, settle } = openOutbox(t);
  add('a', 10, 'created', 'finished');
  fail('a', 'created', 20, 5_000);
  settle('a', 'created', 30, 'dead');
  assert.ok(outbox.retry(seqOf('a', 'created'), 40));
  // "finished" is first in line and may be on its way: it must not be overtaken.
  assert.deepEqual(due(40), ['a finished']);
  settle('a', 'finished', 50, 'delivered');
  assert.deepEqual(due(50), ['a created']);
  const again = outbox.get(seqOf('a', 'created'))!;
  assert.deepEqual([again.attempts, again.firstAt, again.doneAt], [0, null, null]);
  settle('a', 'created', 60, 'delivered');
  assert.ok(outbox.retry(seqOf('a', 'finished'), 70), 'what was delivered may be sent once more');
  assert.deepEqual(due(70), ['a finished']);
  assert.equal(outbox.retry(12_345, 70), false);
});

test('all that failed or was given up is tried anew, some at a time', (t) => {
  const { outbox, add, due, fail, settle } = openOutbox(t);
  for (const upload of ['a', 'b', 'c', 'd']) add(upload, 10, 'created');
  fail('a', 'created', 20, 9_000);
  settle('b', 'created', 20, 'dead');
  settle('c', 'created', 20, 'delivered');
  const first = outbox.retryFailed(0, 1, 100);
  assert.equal(first.length, 1);
  const rest = outbox.retryFailed(first[0]!, 10, 100);
  assert.equal(rest.length, 1);
  assert.deepEqual(outbox.retryFailed(rest[0]!, 10, 100), []);
  assert.deepEqual(due(100).sort(), ['a created', 'b created', 'd created']);
});

test('questions: by status, hook and upload, and how many are not delivered', (t) => {
  const { outbox, add, fail, settle } = openOutbox(t);
  for (const upload of ['a', 'b', 'c', 'd']) add(upload, 10, 'created');
  fail('a', 'created', 20, 9_000);
  settle('b', 'created', 20, 'dead');
  settle('c', 'created', 20, 'delivered');
  const ids = (query: Parameters<typeof outbox.list>[0]) =>
    outbox.list(query).map(({ upload }) => upload);
  assert.deepEqual(ids({}), ['d', 'c', 'b', 'a']);
  assert.deepEqual(ids({ limit: 2 }), ['d', 'c']);
  assert.deepEqual(ids({ statuses: ['pending'] }), ['d']);
  assert.deepEqual(ids({ statuses: ['failing', 'dead'] }), ['b', 'a']);
  assert.deepEqual(ids({ statuses: ['delivered'] }), ['c']);
  assert.deepEqual(ids({ statuses: [] }), []);
  assert.deepEqual(ids({ upload: 'a', hook: 'app', statuses: ['failing'] }), ['a']);
  assert.deepEqual(ids({ hook: 'none' }), []);
  assert.deepEqual(outbox.counts(), [
    { hook: 'app', pending: 1, failing: 1, dead: 1, oldestAt: 10 },
  ]);
});

test('what was delivered is forgotten in time, what was given up much later, what waits never', (t) => {
  const { outbox, add, settle } = openOutbox(t);
  for (const upload of ['a', 'b', 'c', 'd']) add(upload, 10, 'created');
  settle('a', 'created', 20, 'delivered');
  settle('b', 'created', 20, 'delivered');
  settle('c', 'created', 20, 'dead');
  assert.equal(outbox.forgetDone(19, 100), 0);
  assert.equal(outbox.forgetDone(20, 1), 1, 'some at a time');
  assert.equal(outbox.forgetDone(20, 100), 1);
  assert.equal(outbox.forgetDone(30 * DAY + 20, 100), 1);
  assert.deepEqual(
    outbox.list({}).map(({ upload }) => upload),
    ['d'],
  );
});

test('no question that the daemon asks reads what merely waits', (t) => {
  const { database } = openOutbox(t);
  const plans: string[] = [];
  const watched = new Proxy(database, {
    get(target, name) {
      const value = Reflect.get(target, name);
      if (name !== 'prepare') return typeof value === 'function' ? value.bind(target) : value;
      return (sql: string) => {
        const explain = target.prepare(`EXPLAIN QUERY PLAN ${sql}`);
        const names = [...sql.matchAll(/@(\w+)/g)].map(([, key]) => [key, 1]);
        const marks = [...sql.matchAll(/\?/g)].map(() => 1);
        const rows = explain.all(...(names.length ? [Object.fromEntries(names)] : marks));
        plans.push(...rows.map((row) => (row as { detail: string }).detail));
        return target.prepare(sql);
      };
    },
  });
  const outbox = new OutboxTable(watched);
  outbox.waiting('app', 1, 1);
  outbox.hurry('app', 1, 1);
  outbox.forgetDone(1, 1);
  assert.ok(plans.length > 8);
  assert.deepEqual(
    plans.filter((plan) => /^SCAN deliveries|TEMP B-TREE/.test(plan)),
    [],
  );
});
