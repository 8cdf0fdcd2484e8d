import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { type TestContext, test } from 'node:test';
import fc from 'fast-check';
import { Fault } from '../../src/fault.ts';
import type { StorageEvent } from '../../src/storage/model/events.ts';
import type { AppendOutcome, UploadStore } from '../../src/storage/store.ts';
import { until } from '../support/until.ts';
import { type OddBackend, oddBackend } from './support/odd-backend.ts';
import { append, bytes, CALLER, crcOf, insideOf, make, serve, whole } from './support/stores.ts';

const step = fc.record({
  kind: fc.constantFrom(
    'append',
    'abort',
    'whole',
    'whole fails',
    'whole aborts',
    'wrong offset',
    'too long',
    'three at once',
  ),
  size: fc.integer({ min: 0, max: 900 }),
});

const plan = fc.record({
  seed: fc.integer(),
  total: fc.integer({ min: 1, max: 3000 }),
  steps: fc.array(step, { maxLength: 8 }),
});

type Plan = typeof plan extends fc.Arbitrary<infer P> ? P : never;

const isFailure = (error: unknown) => error instanceof Fault && error.code === 'IO';

/** Asks until the store does not fail: an acknowledged offset must be reported then. */
async function sooner<T>(ask: () => Promise<T>): Promise<T> {
  return until('it does not fail', async () => {
    try {
      return { answer: await ask() };
    } catch (error) {
      if (!isFailure(error)) throw error;
      return undefined;
    }
  }).then(({ answer }) => answer);
}

/** An attempt takes a number of calls of its own: one more each time, and it is not always the same that fails. */
async function made(backend: OddBackend, store: UploadStore): Promise<string> {
  await backend.bytes.room().catch(() => {});
  return make(store, 5);
}

/** What became of a request: its outcome, the code it was refused with, or "IO". */
async function outcomeOf(request: Promise<AppendOutcome>): Promise<AppendOutcome | Fault> {
  try {
    return await request;
  } catch (error) {
    if (error instanceof Fault) return error;
    throw error;
  }
}

/** A client of one upload who knows what it was promised. */
class Client {
  readonly #store: UploadStore;
  readonly #id: string;
  readonly #sent: Buffer;
  /** The highest offset that an answer has named. */
  #acknowledged = 0;

  constructor(store: UploadStore, id: string, sent: Buffer) {
    this.#store = store;
    this.#id = id;
    this.#sent = sent;
  }

  /** The offset that HEAD reports; it never decreases. */
  async offset(): Promise<number> {
    const { offset } = await sooner(() => this.#store.find(this.#id));
    assert.ok(offset !== null && offset >= this.#acknowledged, `${offset} < ${this.#acknowledged}`);
    this.#acknowledged = offset;
    return offset;
  }

  async take(kind: string, size: number): Promise<void> {
    const from = await this.offset();
    const content = this.#sent.subarray(from, from + size);
    const refused = await this.#request(kind, from, content);
    const after = await this.offset();
    if (refused) assert.equal(after, from, `${kind}: a refused request changes nothing`);
    if (kind.startsWith('whole')) {
      assert.ok(after === from || after === from + content.length, `${kind} counts as a whole`);
    }
  }

  /** Returns whether the request was refused, for a reason that is not the store's failure. */
  async #request(kind: string, from: number, content: Buffer): Promise<boolean> {
    const send = (offset: number, body: Buffer | PassThrough, more = {}) =>
      outcomeOf(append(this.#store, this.#id, offset, body, more));
    const judge = (outcome: AppendOutcome | Fault, expected?: Fault['code']) => {
      if (outcome instanceof Fault) {
        assert.ok(outcome.code === 'IO' || outcome.code === expected, `${kind}: ${outcome.code}`);
        return outcome.code === expected;
      }
      assert.equal(expected, undefined, `${kind} was not refused`);
      assert.ok(outcome.offset >= from);
      this.#acknowledged = Math.max(this.#acknowledged, outcome.offset);
      return false;
    };
    switch (kind) {
      case 'append':
        return judge(await send(from, content));
      case 'whole':
        return judge(await send(from, content, { whole: whole(true) }));
      case 'whole fails':
        return judge(await send(from, content, { whole: whole(false) }), 'CHECKSUM_MISMATCH');
      case 'wrong offset':
        return judge(await send(from + 1, Buffer.alloc(0)), 'CONFLICT');
      case 'too long': {
        const long = Buffer.concat([this.#sent.subarray(from), Buffer.from('x')]);
        return judge(await send(from, long), 'TOO_LARGE');
      }
      case 'three at once': {
        const outcomes = await Promise.all([0, 1, 2].map(() => send(from, content)));
        const won = outcomes.filter((one) => !(one instanceof Fault) && one.offset > from);
        assert.ok(won.length <= 1, 'of several requests at one offset at most one wins');
        for (const one of outcomes) {
          if (one instanceof Fault) assert.ok(['IO', 'CONFLICT', 'TOO_LARGE'].includes(one.code));
          else judge(one);
        }
        return false;
      }
      default: {
        const body = new PassThrough();
        const done = send(from, body, kind === 'abort' ? {} : { whole: whole(true) });
        body.write(content);
        body.destroy();
        return judge(await done);
      }
    }
  }

  /** Sends what is missing until the upload is finished. */
  async finish(): Promise<void> {
    await until('it is finished', async () => {
      const record = await this.#store.remember(this.#id);
      if (record?.state === 'finished') return true;
      const from = await this.offset();
      await outcomeOf(append(this.#store, this.#id, from, this.#sent.subarray(from)));
      return false;
    });
  }
}

async function contentIn(backend: OddBackend, record: Parameters<UploadStore['open']>[0]) {
  const reader = await backend.inside.openForReading(record);
  const blocks: Buffer[] = [];
  for await (const block of reader.blocks(0, reader.size)) blocks.push(Buffer.from(block));
  return Buffer.concat(blocks);
}

async function assertNothingHeld(store: UploadStore, backend: OddBackend, id: string) {
  const { active, pumps, writers, catalog } = insideOf(store);
  await until('every reader and writer is closed', () => backend.open.size === 0);
  assert.deepEqual([active.size, pumps.size, writers.isBusy(id)], [0, 0, false]);
  assert.equal(await catalog.isLeased(id, Date.now()), false);
}

async function openOdd(t: TestContext, seed: number) {
  const backend = oddBackend(seed);
  const events: StorageEvent['type'][] = [];
  const store = await serve(t, backend, {
    fsync: 'always',
    plan: ({ type }) => [{ eventId: type, hook: 'app', event: type, payload: '{}' }],
  });
  store.onChange(({ type }) => events.push(type));
  return { backend, store, events };
}

test('over a store that is slow and fails one call in seven the engine keeps its promises', async (t) => {
  const run = async ({ seed, total, steps }: Plan) => {
    const { backend, store, events } = await openOdd(t, seed);
    const sent = bytes(total, total + 7);
    const id = await sooner(() => make(store, total));
    const client = new Client(store, id, sent);
    for (const { kind, size } of steps) {
      if ((await store.remember(id))?.state === 'finished') break;
      await client.take(kind, size);
      await assertNothingHeld(store, backend, id);
    }
    await client.finish();
    const record = (await store.remember(id))!;
    assert.ok((await contentIn(backend, record)).equals(sent));
    assert.deepEqual([record.offset, record.crc32], [total, crcOf(sent)]);
    const finished = (await store.timeline(record)).filter(({ event }) => event === 'finished');
    const deliveries = await store.outbox.list({ upload: id });
    assert.deepEqual(
      [
        finished.length,
        deliveries.filter(({ event }) => event === 'finished').length,
        events.filter((type) => type === 'finished').length,
      ],
      [1, 1, 1],
    );
    await assertNothingHeld(store, backend, id);
    await store.close();
  };
  await fc.assert(fc.asyncProperty(plan, run), { numRuns: 15 });
});

test('over such a store a removal ends, however often it must be tried', async (t) => {
  const { backend, store } = await openOdd(t, 1);
  for (let round = 0; round < 10; round++) {
    const id = await sooner(() => made(backend, store));
    await outcomeOf(append(store, id, 0, 'abc'));
    await until('it is removed', async () => {
      await store.terminate(id, CALLER).catch(() => {});
      for (const record of await store.unfinishedRemovals()) {
        await store.completeRemoval(record).catch(() => {});
      }
      return (await store.remember(id))?.state === 'removed';
    });
    assert.equal(await backend.inside.size((await store.remember(id))!), null);
    await assertNothingHeld(store, backend, id);
  }
});
