import assert from 'node:assert/strict';
import { cpSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { PassThrough } from 'node:stream';
import { type TestContext, test } from 'node:test';
import fc from 'fast-check';
import type { UploadStore } from '../../src/storage/store.ts';
import { temporaryFolder } from '../support/temporary.ts';
import { until } from '../support/until.ts';
import {
  append,
  begin,
  bodyOf,
  bytes,
  contentOf,
  crcOf,
  creation,
  faultOf,
  openStore,
  whole,
} from './support/stores.ts';

/** What a client, a network and a machine may do with the next bytes of an upload. */
type Step =
  | {
      readonly kind: 'append' | 'abort' | 'wrong offset' | 'killed' | 'killed in a whole';
      readonly size: number;
    }
  | { readonly kind: 'whole' | 'whole fails' | 'whole aborts'; readonly size: number }
  | { readonly kind: 'restart' };

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      kind: fc.constantFrom(
        'append',
        'abort',
        'wrong offset',
        'whole',
        'whole fails',
        'whole aborts',
      ),
      size: fc.integer({ min: 0, max: 900 }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constantFrom('killed', 'killed in a whole'),
      size: fc.integer({ min: 0, max: 900 }),
    }),
  },
  { weight: 1, arbitrary: fc.constant({ kind: 'restart' } as const) },
);

interface Plan {
  readonly total: number;
  readonly deferred: boolean;
  /** Bytes that come with the creation; null for a creation alone. */
  readonly first: number | null;
  readonly firstWhole: boolean;
  readonly steps: readonly Step[];
}

const plan: fc.Arbitrary<Plan> = fc.record({
  total: fc.integer({ min: 0, max: 3000 }),
  deferred: fc.boolean(),
  first: fc.option(fc.integer({ min: 0, max: 3000 }), { nil: null }),
  firstWhole: fc.boolean(),
  steps: fc.array(step, { maxLength: 10 }),
});

/** A store that can be restarted, or copied as a process that is killed at this moment leaves it. */
class Machine {
  store: UploadStore;
  readonly #test: Pick<TestContext, 'after'>;

  constructor(test: Pick<TestContext, 'after'>, store: UploadStore) {
    this.#test = test;
    this.store = store;
  }

  async restart(): Promise<void> {
    await this.store.close();
    this.store = await openStore(this.#test, { uploadDir: dirname(this.store.place) });
  }

  async crash(): Promise<void> {
    const uploadDir = temporaryFolder(this.#test);
    for (const name of ['catalog.db', 'catalog.db-wal', 'tus']) {
      cpSync(join(dirname(this.store.place), name), join(uploadDir, name), { recursive: true });
    }
    await this.store.close();
    this.store = await openStore(this.#test, { uploadDir });
  }
}

async function create(
  store: UploadStore,
  { total, deferred, first, firstWhole }: Plan,
  sent: Buffer,
) {
  const request = creation({ length: deferred ? null : total });
  if (first === null) return store.create(request);
  const content = sent.subarray(0, Math.min(first, total));
  return store.create(request, {
    body: bodyOf(content),
    bodyLength: content.length,
    whole: firstWhole ? whole(true) : undefined,
  });
}

/** Does a step with the bytes from `offset` on; returns how many of them count. */
async function perform(
  machine: Machine,
  id: string,
  one: Exclude<Step, { kind: 'restart' }>,
  offset: number,
  sent: Buffer,
): Promise<number> {
  const { store } = machine;
  const content = sent.subarray(offset, offset + one.size);
  switch (one.kind) {
    case 'append':
      return (await append(store, id, offset, content)).offset - offset;
    case 'whole':
      return (await append(store, id, offset, content, { whole: whole(true) })).offset - offset;
    case 'whole fails': {
      const fault = await faultOf(append(store, id, offset, content, { whole: whole(false) }));
      assert.equal(fault.code, 'CHECKSUM_MISMATCH');
      return 0;
    }
    case 'wrong offset': {
      const fault = await faultOf(append(store, id, offset + 1, content.subarray(0, 0)));
      assert.deepEqual([fault.code, fault.offset], ['CONFLICT', offset]);
      return 0;
    }
    case 'abort':
    case 'whole aborts': {
      const body = new PassThrough();
      const counts = one.kind === 'abort';
      const done = append(store, id, offset, body, counts ? {} : { whole: whole(true) });
      body.write(content);
      body.destroy();
      const outcome = await done;
      assert.equal(outcome.offset, counts ? offset + content.length : offset);
      return outcome.offset - offset;
    }
    case 'killed':
    case 'killed in a whole': {
      const counts = one.kind === 'killed';
      const { done } = await begin(store, id, content, counts ? {} : { whole: whole(true) });
      await machine.crash();
      await done;
      return counts ? content.length : 0;
    }
  }
}

test('however an upload is split, cut, killed and resumed, it has the same bytes in the end', async (t) => {
  const machine = new Machine(t, await openStore(t));
  await fc.assert(
    fc.asyncProperty(plan, async (given) => {
      const sent = bytes(given.total, given.total + 7);
      const made = await create(machine.store, given, sent);
      const { id } = made.record;
      let { offset, finished } = made;
      assert.equal(offset, given.first === null ? 0 : Math.min(given.first, given.total));
      for (const one of given.steps) {
        if (finished) break;
        if (one.kind === 'restart') await machine.restart();
        else offset += await perform(machine, id, one, offset, sent);
        assert.equal((await machine.store.find(id)).offset, offset);
        finished = !given.deferred && offset === given.total;
      }
      const rest = sent.subarray(offset);
      if (!finished) await append(machine.store, id, offset, rest, { length: given.total });
      const record = await until('it is finished', async () => {
        const known = await machine.store.remember(id);
        return known?.state === 'finished' ? known : undefined;
      });
      assert.ok(contentOf(machine.store, id).equals(sent));
      assert.deepEqual(
        [record.crc32, record.length, record.offset],
        [crcOf(sent), given.total, given.total],
      );
    }),
    { numRuns: 25 },
  );
});
