import assert from 'node:assert/strict';
import { type DeliveryQuery, deliveryStatus } from '../../../src/storage/model/delivery.ts';
import { wordsFor } from './contract/outbox-words.ts';
import { contractOf, delivery, type OpenSubject, type Processes } from './contract/subject.ts';

const DAY = 86_400_000;

/** Declares a test for everything that src/storage/catalog/outbox.ts promises. */
export function outboxContract(
  name: string,
  open: OpenSubject,
  processes: Processes = 'many',
): void {
  const { promise: promiseOf, promiseToMany } = contractOf(`${name} outbox`, open, processes);
  const promise = (what: string, run: (words: ReturnType<typeof wordsFor>) => Promise<void>) =>
    promiseOf(what, (catalog) => run(wordsFor(catalog)));

  promise('a delivery comes back as it was put in', async ({ outbox, add, due }) => {
    await add('a', 10, {
      eventId: 'e1',
      hook: 'app',
      event: 'created',
      payload: '{"a":"\\u0000é"}',
    });
    const [found] = await outbox.claim('app', 10, 1);
    const { seq, ...rest } = found!;
    assert.deepEqual(rest, {
      eventId: 'e1',
      hook: 'app',
      event: 'created',
      payload: '{"a":"\\u0000é"}',
      upload: 'a',
      state: 'pending',
      attempts: 0,
      createdAt: 10,
      firstAt: null,
      nextAt: 10,
      doneAt: null,
      lastError: null,
    });
    assert.deepEqual(await outbox.get(seq), found);
    assert.equal(await outbox.get(seq + 1), undefined);
    const { payload: _payload, ...listed } = found!;
    assert.deepEqual(await outbox.list({}), [listed]);
    assert.deepEqual(await due(10), ['a created'], 'a claim changes nothing');
  });

  promise(
    'of the events of an upload only the first is due; other uploads are not held up',
    async ({ outbox, add, due, settle }) => {
      await add('a', 10, 'created', 'changed');
      await add('b', 20, 'created');
      await add('a', 30, 'finished');
      assert.deepEqual(await due(9), []);
      assert.deepEqual(await due(30), ['a created', 'b created']);
      await settle('a', 'created', 40, 'delivered');
      assert.deepEqual(await due(40), ['b created', 'a changed']);
      assert.equal(await outbox.nextDueAt('app'), 20);
      await settle('a', 'changed', 50, 'delivered');
      assert.deepEqual(await due(50), ['b created', 'a finished']);
    },
  );

  promise(
    'an event that changes nothing takes its turn, too',
    async ({ outbox, add, due, settle }) => {
      await add('a', 10, 'finished');
      await outbox.add('a', [delivery('downloaded')], 20);
      assert.deepEqual(await due(20), ['a finished']);
      await settle('a', 'finished', 30, 'delivered');
      assert.deepEqual(await due(30), ['a downloaded']);
    },
  );

  promise('hooks have lines of their own', async ({ outbox, add, due, settle }) => {
    await add('a', 10, 'created', delivery('made', 'other'), 'finished');
    assert.deepEqual(await due(10), ['a created']);
    assert.deepEqual(await due(10, 'other'), ['a made']);
    await settle('a', 'created', 20, 'delivered');
    assert.deepEqual(await due(20), ['a finished']);
    assert.deepEqual(await due(20, 'other'), ['a made']);
    assert.equal(await outbox.nextDueAt('other'), 10);
    assert.equal(await outbox.nextDueAt('none'), null);
  });

  promise(
    'the longest waiting goes first, and the limit is kept',
    async ({ outbox, add, due, fail }) => {
      for (const upload of ['a', 'b', 'c']) await add(upload, 10, 'created');
      await fail('a', 'created', 20, 30);
      await fail('b', 'created', 20, 25);
      assert.deepEqual(await due(30), ['c created', 'b created', 'a created']);
      assert.equal((await outbox.claim('app', 30, 2)).length, 2);
      assert.equal(await outbox.nextDueAt('app'), 10);
    },
  );

  promise(
    'an event that failed holds up what comes after it; one that was given up does not',
    async ({ add, due, fail, settle }) => {
      await add('a', 10, 'created', 'finished');
      await fail('a', 'created', 20, 1_000);
      assert.deepEqual(await due(999), []);
      assert.deepEqual(await due(1_000), ['a created']);
      await settle('a', 'created', 1_000, 'dead');
      assert.deepEqual(await due(1_000), ['a finished']);
    },
  );

  promise('an attempt leaves its traces', async ({ outbox, add, seqOf, fail, settle }) => {
    await add('a', 10, 'created', 'finished');
    await fail('a', 'created', 20, 40);
    await fail('a', 'created', 50, 90);
    const failing = (await outbox.get(await seqOf('a', 'created')))!;
    const { attempts, firstAt, nextAt, lastError, doneAt } = failing;
    assert.deepEqual([attempts, firstAt, nextAt, lastError, doneAt], [2, 20, 90, 'no', null]);
    assert.equal(deliveryStatus(failing), 'failing');
    await settle('a', 'created', 99, 'delivered');
    const done = (await outbox.get(failing.seq))!;
    assert.deepEqual(
      [done.attempts, done.nextAt, done.lastError, done.doneAt],
      [3, null, null, 99],
    );
    const seq = await seqOf('a', 'finished');
    await outbox.settle([{ seq, state: 'dead', error: 'unknown hook', attempted: false }], 100);
    const dead = (await outbox.get(seq))!;
    assert.deepEqual(
      [dead.state, dead.attempts, dead.nextAt, dead.lastError, dead.doneAt],
      ['dead', 0, null, 'unknown hook', 100],
    );
  });

  promise('what is no longer pending stays as it is', async ({ outbox, add, seqOf, settle }) => {
    await add('a', 10, 'created');
    const seq = await seqOf('a', 'created');
    await settle('a', 'created', 20, 'delivered');
    const before = await outbox.get(seq);
    const late = { seq, error: 'x' };
    await outbox.settle(
      [
        { ...late, state: 'dead', attempted: true },
        { ...late, state: 'pending', startedAt: 25, nextAt: 40 },
        { seq: 12_345, state: 'delivered' },
      ],
      30,
    );
    assert.deepEqual(await outbox.get(seq), before);
  });

  promise(
    'trying anew makes any delivery due, counts from nothing, and keeps the order',
    async ({ outbox, add, due, seqOf, fail, settle }) => {
      await add('a', 10, 'created', 'finished');
      await fail('a', 'created', 20, 5_000);
      await settle('a', 'created', 30, 'dead');
      assert.ok(await outbox.retry(await seqOf('a', 'created'), 40));
      // "finished" is first in line and may be on its way: it must not be overtaken.
      assert.deepEqual(await due(40), ['a finished']);
      await settle('a', 'finished', 50, 'delivered');
      assert.deepEqual(await due(50), ['a created']);
      const again = (await outbox.get(await seqOf('a', 'created')))!;
      assert.deepEqual([again.attempts, again.firstAt, again.doneAt], [0, null, null]);
      await settle('a', 'created', 60, 'delivered');
      assert.ok(
        await outbox.retry(await seqOf('a', 'finished'), 70),
        'delivered ones may be sent again',
      );
      assert.deepEqual(await due(70), ['a finished']);
      assert.equal(await outbox.retry(12_345, 70), false);
    },
  );

  promise(
    'all that failed or was given up is tried anew, some at a time',
    async ({ outbox, add, due, fail, settle }) => {
      for (const upload of ['a', 'b', 'c', 'd']) await add(upload, 10, 'created');
      await fail('a', 'created', 20, 9_000);
      await settle('b', 'created', 20, 'dead');
      await settle('c', 'created', 20, 'delivered');
      const first = await outbox.retryFailed(0, 1, 100);
      const rest = await outbox.retryFailed(first[0]!, 10, 100);
      assert.deepEqual([first.length, rest.length], [1, 1]);
      assert.deepEqual(await outbox.retryFailed(rest[0]!, 10, 100), []);
      assert.deepEqual((await due(100)).toSorted(), ['a created', 'b created', 'd created']);
    },
  );

  promise(
    'what waits for its next attempt is hurried, some at a time',
    async ({ outbox, add, due, fail }) => {
      for (const upload of ['a', 'b', 'c']) await add(upload, 10, 'created', 'finished');
      for (const upload of ['a', 'b', 'c']) await fail(upload, 'created', 20, 9_000);
      assert.deepEqual(await due(100), []);
      assert.equal(await outbox.hurry('other', 100, 9), 0);
      assert.deepEqual(await due(100), []);
      assert.equal(await outbox.hurry('app', 100, 2), 2);
      assert.equal((await due(100)).length, 2);
      assert.equal(await outbox.hurry('app', 100, 9), 1);
      assert.equal(await outbox.hurry('app', 100, 9), 0, 'what is due stays as it is');
      assert.deepEqual((await due(100)).toSorted(), ['a created', 'b created', 'c created']);
    },
  );

  promise(
    'the first delivery of each line that waits too long is reported',
    async ({ outbox, add, seqOf, fail, settle }) => {
      await add('a', 10, 'created', 'finished');
      await add('b', 20, 'created');
      await add('c', 10, 'created');
      await fail('a', 'created', 20, 9_000);
      await settle('c', 'created', 20, 'delivered');
      assert.deepEqual(await outbox.waiting('app', 19, 9), [await seqOf('a', 'created')]);
      assert.equal((await outbox.waiting('app', 20, 9)).length, 2);
      assert.equal((await outbox.waiting('app', 20, 1)).length, 1);
      assert.deepEqual(await outbox.waiting('other', 20, 9), []);
    },
  );

  promise(
    'questions: by status, hook and upload, and how many are not delivered',
    async ({ outbox, add, fail, settle }) => {
      assert.deepEqual(await outbox.counts(), []);
      for (const upload of ['a', 'b', 'c', 'd']) await add(upload, 10, 'created');
      await fail('a', 'created', 20, 9_000);
      await settle('b', 'created', 20, 'dead');
      await settle('c', 'created', 20, 'delivered');
      const ids = async (query: DeliveryQuery) =>
        (await outbox.list(query)).map(({ upload }) => upload);
      assert.deepEqual(await ids({}), ['d', 'c', 'b', 'a']);
      assert.deepEqual(await ids({ limit: 2 }), ['d', 'c']);
      assert.deepEqual(await ids({ statuses: ['pending'] }), ['d']);
      assert.deepEqual(await ids({ statuses: ['failing', 'dead'] }), ['b', 'a']);
      assert.deepEqual(await ids({ statuses: ['delivered'] }), ['c']);
      assert.deepEqual(await ids({ statuses: [] }), []);
      assert.deepEqual(await ids({ upload: 'a', hook: 'app', statuses: ['failing'] }), ['a']);
      assert.deepEqual(await ids({ hook: 'none' }), []);
      const counts = { hook: 'app', pending: 1, failing: 1, dead: 1, oldestAt: 10 };
      assert.deepEqual(await outbox.counts(), [counts]);
    },
  );

  promise(
    'what was delivered is forgotten in time, what was given up much later, what waits never',
    async ({ outbox, add, settle }) => {
      for (const upload of ['a', 'b', 'c', 'd']) await add(upload, 10, 'created');
      await settle('a', 'created', 20, 'delivered');
      await settle('b', 'created', 20, 'delivered');
      await settle('c', 'created', 20, 'dead');
      assert.equal(await outbox.forgetDone(19, 100), 0);
      assert.equal(await outbox.forgetDone(20, 1), 1, 'some at a time');
      assert.equal(await outbox.forgetDone(20, 100), 1);
      assert.equal(await outbox.forgetDone(30 * DAY + 19, 100), 0);
      assert.equal(await outbox.forgetDone(30 * DAY + 20, 100), 1);
      assert.deepEqual(
        (await outbox.list({})).map(({ upload }) => upload),
        ['d'],
      );
    },
  );

  promise('no number of a delivery comes twice', async ({ outbox, add, seqOf, settle }) => {
    await add('a', 10, 'created');
    const first = await seqOf('a', 'created');
    await settle('a', 'created', 20, 'delivered');
    await outbox.forgetDone(99, 100);
    await add('b', 30, 'created');
    assert.ok((await seqOf('b', 'created')) > first);
  });

  promiseToMany('deliveries of one process are sent by another', async (catalog, another) => {
    const { add, seqOf } = wordsFor(catalog);
    await add('a', 10, 'created');
    const { outbox } = await another('daemon');
    const [found] = await outbox.claim('app', 10, 1);
    assert.equal(found?.seq, await seqOf('a', 'created'));
    await outbox.settle([{ seq: found!.seq, state: 'delivered' }], 20);
    assert.equal(await catalog.outbox.nextDueAt('app'), null);
  });
}
