import './support/faulty-disk.ts';

import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { type TestContext, test } from 'node:test';
import { Fault } from '../../src/fault.ts';
import type { StorageEvent } from '../../src/storage/model/events.ts';
import type { AppendOutcome, UploadStore } from '../../src/storage/store.ts';
import { finishLeftBehind } from '../../src/storage/uploads/upkeep/recover.ts';
import { until } from '../support/until.ts';
import { faultyDisk } from './support/faulty-disk.ts';
import {
  append,
  bodyOf,
  bytes,
  CALLER,
  contentOf,
  crcOf,
  creation,
  insideOf,
  make,
  openStore,
  sizeOf,
  whole,
} from './support/stores.ts';

const SENT = bytes(1000);
const HALF = SENT.subarray(0, 500);
const REST = SENT.subarray(500);
const LARGE = bytes(300_000);

const plan = (event: StorageEvent) => [
  { eventId: 'e', hook: 'h', event: event.type, payload: '{}' },
];

type Outcome = PromiseSettledResult<unknown>;

/**
 * Does `act` again and again on a disk that is full at its first step, then at its second, until it
 * passes without a failure; `check` looks at the outcome of each on a disk that has room again.
 */
async function fullAtEveryStep<State>(
  t: TestContext,
  store: UploadStore,
  prepare: () => Promise<State>,
  act: (state: State) => Promise<unknown>,
  check: (state: State, outcome: Outcome) => Promise<void>,
): Promise<string[]> {
  const disk = faultyDisk.during(t);
  const inside = insideOf(store);
  const steps: string[] = [];
  for (let index = 0; ; index++) {
    const state = await prepare();
    const failed = disk.failAt(index);
    const [outcome] = await Promise.allSettled([act(state)]);
    const open = disk.open.size;
    disk.reset();
    const about = `full at step ${index}, ${failed.step}`;
    assert.equal(inside.active.size, 0, about);
    assert.equal(inside.pumps.size, 0, about);
    assert.equal(open, 0, `${about}: a descriptor stayed open`);
    if (outcome.status === 'rejected') {
      const { reason } = outcome;
      assert.ok(reason instanceof Fault, `${about}: ${(reason as Error).stack}`);
      assert.deepEqual([reason.code, reason.status], ['NO_SPACE', 507], about);
    }
    try {
      await check(state, outcome);
    } catch (error) {
      throw new Error(about, { cause: error });
    }
    if (failed.step === undefined) {
      assert.equal(outcome.status, 'fulfilled');
      return steps;
    }
    steps.push(failed.step);
  }
}

/** Every file has a record and every record that should have one a file. */
async function assertNothingOrphaned(store: UploadStore): Promise<void> {
  const ids: string[] = [];
  for await (const { id } of store.list()) ids.push(id);
  assert.deepEqual(readdirSync(store.place).toSorted(), ids.toSorted());
}

/** Brings what is missing, as a client does that asks for the offset, and looks at the result. */
async function completeIt(store: UploadStore, id: string, sent: Buffer): Promise<void> {
  assert.equal(insideOf(store).writers.isBusy(id), false);
  const { record, offset } = await store.find(id);
  if (record.state !== 'finished') {
    assert.ok(contentOf(store, id).subarray(0, offset!).equals(sent.subarray(0, offset!)));
    await append(store, id, offset!, sent.subarray(offset!), { length: sent.length });
  }
  await assertFinished(store, id, sent);
}

async function assertFinished(store: UploadStore, id: string, sent: Buffer): Promise<void> {
  const { record } = await store.find(id);
  assert.deepEqual([record.state, record.crc32], ['finished', crcOf(sent)]);
  assert.ok(contentOf(store, id).equals(sent));
  const deliveries = (await store.outbox.list({ upload: id })).map(({ event }) => event);
  assert.deepEqual(deliveries.toSorted(), ['created', 'finished']);
  const events = (await store.timeline(record)).map(({ event }) => event);
  assert.equal(events.filter((event) => event === 'finished').length, 1);
  assert.equal(await store.isBeingWritten(id), false);
}

for (const [name, checksum] of [
  ['an append', undefined],
  ['an append with a checksum', whole(true)],
] as const) {
  for (const last of [false, true]) {
    test(`${name} that ${last ? 'ends' : 'goes on with'} an upload survives a full disk at every step`, async (t) => {
      const store = await openStore(t, { fsync: 'always', plan });
      const steps = await fullAtEveryStep(
        t,
        store,
        async () => {
          const id = await make(store, last ? SENT.length : null);
          await append(store, id, 0, HALF);
          return id;
        },
        (id) => append(store, id, HALF.length, REST, { whole: checksum }),
        (id) => completeIt(store, id, SENT),
      );
      for (const step of ['open', 'write', 'COMMIT', 'INSERT leases', 'fdatasync']) {
        assert.ok(steps.includes(step), `${step} was among the steps: ${steps.join()}`);
      }
    });
  }
}

test('what a checksum refused is undone even when that was recorded late', async (t) => {
  const store = await openStore(t, { fsync: 'always', plan });
  const disk = faultyDisk.during(t);
  for (let index = 0; ; index++) {
    const id = await make(store, SENT.length);
    await append(store, id, 0, HALF);
    const failed = disk.failAt(index);
    const wrong = Buffer.alloc(REST.length, 'x');
    const request = append(store, id, HALF.length, wrong, { whole: whole(false) });
    const [outcome] = await Promise.allSettled([request]);
    if (outcome.status === 'fulfilled') assert.equal(outcome.value.interrupted, 'no-space');
    disk.reset();
    assert.equal((await store.find(id)).offset, HALF.length, failed.step);
    await completeIt(store, id, SENT);
    if (failed.step === undefined) break;
  }
});

test('the creation of an upload survives a full disk at every step', async (t) => {
  const store = await openStore(t, { fsync: 'always', plan });
  await fullAtEveryStep(
    t,
    store,
    async () => undefined,
    () => store.create(creation({ length: SENT.length })),
    async (_state, outcome) => {
      await assertNothingOrphaned(store);
      if (outcome.status !== 'fulfilled') return;
      const { record } = outcome.value as AppendOutcome;
      await completeIt(store, record.id, SENT);
    },
  );
});

for (const [size, sent, checksum] of [
  ['small', SENT, undefined],
  ['large', LARGE, undefined],
  ['large', LARGE, whole(true)],
  ['empty', Buffer.alloc(0), undefined],
] as const) {
  const what = `a ${size} upload that comes with its creation${checksum ? ', with a checksum,' : ''}`;
  test(`${what} survives a full disk at every step, or leaves nothing`, async (t) => {
    const store = await openStore(t, { fsync: 'always', plan });
    const made = new Set<string>();
    await fullAtEveryStep(
      t,
      store,
      async () => undefined,
      () =>
        store.create(creation({ length: sent.length }), {
          body: bodyOf(sent),
          bodyLength: sent.length,
          whole: checksum,
        }),
      async () => {
        await assertNothingOrphaned(store);
        for await (const { id, state } of store.list()) {
          if (made.has(id)) continue;
          made.add(id);
          // Finished and recorded, although the client got the error of a later step.
          assert.equal(state, 'finished');
          await assertFinished(store, id, sent);
        }
      },
    );
    assert.ok(made.size > 0);
  });
}

test('joining parts survives a full disk at every step, or leaves nothing but the parts', async (t) => {
  const store = await openStore(t, { fsync: 'always', plan });
  const parts: string[] = [];
  for (const content of [HALF, REST]) {
    const id = await make(store, content.length, 'partial');
    await append(store, id, 0, content);
    parts.push(id);
  }
  const known = new Set(parts);
  await fullAtEveryStep(
    t,
    store,
    async () => undefined,
    () => store.concatenate({ ...creation({ kind: 'final' }), parts }),
    async () => {
      await assertNothingOrphaned(store);
      for await (const { id, state } of store.list()) {
        if (known.has(id)) continue;
        known.add(id);
        assert.equal(state, 'finished');
        await assertFinished(store, id, SENT);
      }
    },
  );
  assert.ok(known.size > parts.length);
});

test('a last part completes its final upload even when the disk was full at any step of it', async (t) => {
  const store = await openStore(t, { plan });
  await fullAtEveryStep(
    t,
    store,
    async () => {
      const first = await make(store, HALF.length, 'partial');
      await append(store, first, 0, HALF);
      const last = await make(store, REST.length, 'partial');
      const { record } = await store.concatenate({
        ...creation({ kind: 'final' }),
        parts: [first, last],
      });
      return { last, final: record.id };
    },
    async ({ last, final }) => {
      const outcome = await append(store, last, 0, REST);
      if (!outcome.finished) return outcome;
      // The join goes on in the background; the disk may be full for it, too.
      await until('the join came to an end', async () => {
        const { state } = (await store.remember(final))!;
        return state === 'finished' || insideOf(store).leftBehind.size > 0;
      });
      await until('it let go', () => !insideOf(store).writers.isBusy(final));
      return outcome;
    },
    async ({ last, final }) => {
      const { offset } = await store.find(last);
      await append(store, last, offset!, REST.subarray(offset!));
      finishLeftBehind(insideOf(store));
      await until('it is joined', async () => (await store.remember(final))!.state === 'finished');
      await assertFinished(store, final, SENT);
    },
  );
});

test('a removal survives a full disk at every step', async (t) => {
  const store = await openStore(t, { plan });
  await fullAtEveryStep(
    t,
    store,
    async () => {
      const id = await make(store, SENT.length);
      await append(store, id, 0, HALF);
      return id;
    },
    (id) => store.terminate(id, CALLER),
    async (id, outcome) => {
      const { state } = (await store.remember(id))!;
      if (outcome.status === 'fulfilled') assert.equal(state, 'removed');
      if (state === 'receiving') await store.terminate(id, CALLER);
      for (const record of await store.unfinishedRemovals()) await store.completeRemoval(record);
      assert.equal((await store.remember(id))!.state, 'removed');
      assert.equal(await sizeOf(store, id), null);
      const removed = (await store.outbox.list({ upload: id })).filter(
        (one) => one.event === 'removed',
      );
      assert.equal(removed.length, 1);
    },
  );
});
