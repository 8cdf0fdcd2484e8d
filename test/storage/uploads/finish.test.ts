import '../support/faulty-disk.ts';

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Fault } from '../../../src/fault.ts';
import type { StorageEvent } from '../../../src/storage/model/events.ts';
import { finishLeftBehind } from '../../../src/storage/uploads/upkeep/recover.ts';
import { until } from '../../support/until.ts';
import { contentIn, onEveryBackend } from '../support/backends.ts';
import { diskError, faultyDisk, noSpace } from '../support/faulty-disk.ts';
import {
  append,
  begin,
  bodyOf,
  CALLER,
  contentOf,
  creation,
  faultOf,
  insideOf,
  make,
  offsetOf,
  openStore,
} from '../support/stores.ts';

const delivery = (event: StorageEvent) => [
  { eventId: `${event.type}-1`, hook: 'h', event: event.type, payload: '{}' },
];

const finishedDeliveries = async (store: Parameters<typeof offsetOf>[0], upload: string) =>
  (await store.outbox.list({ upload })).filter((one) => one.event === 'finished').length;

onEveryBackend(
  'an upload finishes once, with one delivery and one line in its timeline',
  async (t, openStore) => {
    const store = await openStore(t, { plan: delivery });
    const id = await make(store, 3);
    const outcomes = await Promise.allSettled([
      append(store, id, 0, 'abc'),
      append(store, id, 3, ''),
      append(store, id, 3, ''),
    ]);
    const finished = outcomes.filter(
      (outcome) => outcome.status === 'fulfilled' && outcome.value.finished,
    );
    assert.equal(finished.length, 1);
    assert.equal(await finishedDeliveries(store, id), 1);
    const { record } = await store.find(id);
    const lines = (await store.timeline(record)).filter((entry) => entry.event === 'finished');
    assert.equal(lines.length, 1);
  },
);

onEveryBackend('the timeline is in order even when the clock is slow', async (t, openStore) => {
  let now = 1_000_000;
  const store = await openStore(t, {
    now: () => ++now,
    guards: { beforeFinish: async () => {} },
  });
  const unasked = await openStore(t, { now: () => ++now });
  for (const one of [store, unasked]) {
    const ids = [
      await make(one, 3),
      (await one.create(creation({ length: 3 }), { body: bodyOf('abc'), bodyLength: 3 })).record.id,
    ];
    await append(one, ids[0]!, 0, 'abc');
    for (const id of ids) {
      const entries = await one.timeline((await one.remember(id))!);
      assert.deepEqual(
        entries.map(({ event }) => event),
        ['created', 'received', 'finished'],
      );
      const times = entries.map(({ at }) => at);
      assert.deepEqual(
        times,
        times.toSorted((a, b) => a - b),
        id,
      );
    }
  }
});

onEveryBackend(
  'a hook is asked before the finish, when the bytes are recorded and safe',
  async (t, openStore) => {
    const seen: unknown[] = [];
    const store = await openStore(t, {
      guards: {
        beforeFinish: async (record) => {
          const { record: known, offset } = await store.find(record.id);
          seen.push([record.offset, known.state, known.offset, offset]);
        },
      },
    });
    const id = await make(store, 3);
    assert.equal((await append(store, id, 0, 'abc')).finished, true);
    assert.deepEqual(seen, [[3, 'receiving', 3, 3]]);
  },
);

onEveryBackend('a hook is not asked for the finish of a part', async (t, openStore) => {
  const store = await openStore(t, { guards: { beforeFinish: async () => assert.fail('asked') } });
  const id = await make(store, 3, 'partial');
  assert.equal((await append(store, id, 0, 'abc')).finished, true);
});

onEveryBackend(
  'a refusal keeps the bytes, is remembered, and the next request asks again',
  async (t, openStore) => {
    let refuse = true;
    const store = await openStore(t, {
      guards: {
        beforeFinish: async () => {
          if (refuse) throw new Fault('REFUSED', 'a virus');
          return undefined;
        },
      },
    });
    const id = await make(store, 3);
    assert.equal((await faultOf(append(store, id, 0, 'abc'))).code, 'REFUSED');
    const { record, offset } = await store.find(id);
    assert.deepEqual([record.state, record.refusal, offset], ['receiving', 'a virus', 3]);
    assert.equal(await store.isBeingWritten(id), false);
    assert.equal(insideOf(store).leftBehind.size, 0);
    refuse = false;
    assert.equal((await append(store, id, 3, '')).finished, true);
    assert.equal((await store.find(id)).record.refusal, null);
  },
);

onEveryBackend('a look at a refused upload does not ask the hook again', async (t, openStore) => {
  let asked = 0;
  const store = await openStore(t, {
    guards: {
      beforeFinish: async () => {
        asked++;
        throw new Fault('REFUSED', 'no');
      },
    },
  });
  const id = await make(store, 3);
  await faultOf(append(store, id, 0, 'abc'));
  await store.find(id);
  await store.close();
  assert.equal(asked, 1);
});

onEveryBackend(
  'a hook that did not answer is asked again later, and by the next request',
  async (t, openStore) => {
    const warnings: string[] = [];
    let down = 2;
    const store = await openStore(t, {
      warn: (message) => warnings.push(message),
      plan: delivery,
      guards: {
        beforeFinish: async () => {
          if (down-- > 0) throw new Fault('HOOK_FAILED', 'the receiver is down');
          return undefined;
        },
      },
    });
    const id = await make(store, 3);
    assert.equal((await faultOf(append(store, id, 0, 'abc'))).code, 'HOOK_FAILED');
    assert.equal(await offsetOf(store, id), 3);
    assert.equal(down, 1);
    assert.equal((await faultOf(append(store, id, 3, ''))).code, 'HOOK_FAILED');
    assert.equal((await store.find(id)).record.refusal, null);
    finishLeftBehind(insideOf(store));
    await until('it is finished', async () => (await store.find(id)).record.state === 'finished');
    assert.equal(await finishedDeliveries(store, id), 1);
  },
);

test('a finish that the full catalog could not hold is made up for when there is room', async (t) => {
  const disk = faultyDisk.during(t);
  const store = await openStore(t, { plan: delivery });
  const id = await make(store, 3);
  disk.fail = (step) => (step === 'INSERT deliveries' ? noSpace(step) : undefined);
  assert.equal((await faultOf(append(store, id, 0, 'abc'))).code, 'NO_SPACE');
  assert.equal(contentOf(store, id).toString(), 'abc');
  assert.deepEqual([...insideOf(store).leftBehind].length, 1);
  disk.reset();
  finishLeftBehind(insideOf(store));
  await until('it is finished', async () => {
    return (await store.remember(id))?.state === 'finished';
  });
  assert.equal(await finishedDeliveries(store, id), 1);
  assert.equal(insideOf(store).leftBehind.size, 0);
});

test('data that could not be synced is not finished', async (t) => {
  const disk = faultyDisk.during(t);
  const store = await openStore(t, { fsync: 'completed' });
  const id = await make(store, 3);
  disk.fail = (step) => (step === 'fdatasync' ? diskError('EIO') : undefined);
  assert.equal((await faultOf(append(store, id, 0, 'abc'))).code, 'IO');
  assert.equal((await store.remember(id))?.state, 'receiving');
  disk.reset();
  assert.equal((await append(store, id, 3, '')).finished, true);
});

test('listeners get a committed finish even when its sync failed', async (t) => {
  const disk = faultyDisk.during(t);
  const events: string[] = [];
  const store = await openStore(t, { fsync: 'completed' });
  store.onChange((event) => events.push(event.type));
  const id = await make(store, 3, 'partial');
  let syncs = 0;
  disk.fail = (step) => (step === 'fdatasync' && ++syncs === 2 ? diskError('EIO') : undefined);
  assert.equal((await faultOf(append(store, id, 0, 'abc'))).code, 'IO');
  assert.equal((await store.remember(id))?.state, 'finished');
  assert.deepEqual(events, ['created', 'finished']);
});

onEveryBackend(
  'a hook that asks to stop an upload ends its request and removes it',
  async (t, openStore) => {
    const store = await openStore(t, {
      guards: { beforeRemove: async () => assert.fail('asked') },
    });
    const id = await make(store, 10);
    const { done } = await begin(store, id, '123');
    const told: unknown[] = [];
    await store.stop(id, (caller) => told.push(caller));
    const { interrupted, finished } = await done;
    assert.deepEqual([interrupted, finished, told], ['stopped', false, [CALLER]]);
    assert.equal((await store.remember(id))?.removedWhy, 'stopped');
    await store.stop(id, () => assert.fail('there is no request to end'));
  },
);

onEveryBackend(
  'a word to stop that comes with the last byte does not finish the upload',
  async (t, openStore) => {
    const store = await openStore(t);
    const id = await make(store, 3);
    const { done } = await begin(store, id, 'abc');
    await store.stop(id);
    assert.equal((await done).finished, false);
    assert.equal((await store.remember(id))?.state, 'removed');
  },
);

onEveryBackend(
  'a word to stop that comes after the last byte does not cost the finished file',
  async (t, openStore) => {
    let answer = () => {};
    const answered = new Promise<undefined>((resolve) => {
      answer = () => resolve(undefined);
    });
    let asked = false;
    const store = await openStore(t, {
      guards: {
        beforeFinish: async () => {
          asked = true;
          return answered;
        },
      },
    });
    const id = await make(store, 3);
    const done = append(store, id, 0, 'abc');
    await until('the hook is asked', () => asked);
    const stopped = store.stop(id);
    answer();
    await Promise.all([done, stopped]);
    assert.equal((await store.find(id)).record.state, 'finished');
    assert.equal((await contentIn(store, id)).toString(), 'abc');
  },
);
