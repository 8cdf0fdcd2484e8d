import assert from 'node:assert/strict';
import { dirname } from 'node:path';
import { test } from 'node:test';
import type { UploadStore } from '../../../src/storage/store.ts';
import { contentIn, onEveryBackend } from '../support/backends.ts';
import {
  append,
  begin,
  bodyOf,
  creation,
  faultOf,
  make,
  openCommandStoreOf,
  openStore,
  whole,
} from '../support/stores.ts';

async function stateOf(store: UploadStore, id: string) {
  const { record, offset } = await store.find(id);
  return [record.state, record.length, offset];
}

onEveryBackend(
  'a request that does not end the upload leaves it unfinished at its length',
  async (t, openStore) => {
    const store = await openStore(t);
    const id = await make(store, 3);
    assert.equal((await append(store, id, 0, 'abc', { ends: false })).finished, false);
    assert.deepEqual(await stateOf(store, id), ['receiving', 3, 3]);
    assert.equal((await append(store, id, 3, '', { ends: true })).finished, true);
    assert.deepEqual(await stateOf(store, id), ['finished', 3, 3]);
  },
);

onEveryBackend(
  'a request that ends the upload gives it its length, whether its body says how long it is or not',
  async (t, openStore) => {
    const store = await openStore(t);
    for (const body of ['def', bodyOf('def')]) {
      for (const more of [{}, { whole: whole(true) }]) {
        const id = await make(store, null);
        await append(store, id, 0, 'abc', { ends: false });
        assert.deepEqual(await stateOf(store, id), ['receiving', null, 3]);
        const again = typeof body === 'string' ? body : bodyOf('def');
        const { finished, record } = await append(store, id, 3, again, { ends: true, ...more });
        assert.deepEqual([finished, record.length], [true, 6]);
        assert.deepEqual(await stateOf(store, id), ['finished', 6, 6]);
        assert.equal((await contentIn(store, id)).toString(), 'abcdef');
        const entries = await store.timeline((await store.remember(id))!);
        assert.deepEqual(
          entries.map(({ event }) => event),
          ['created', 'received', 'length-declared', 'received', 'finished'],
        );
      }
    }
  },
);

onEveryBackend(
  'a request that would end the upload elsewhere than at its length is refused',
  async (t, openStore) => {
    const store = await openStore(t);
    const id = await make(store, 5);
    for (const more of [{}, { length: 5 }]) {
      const { code } = await faultOf(append(store, id, 0, 'abc', { ends: true, ...more }));
      assert.equal(code, 'BAD_REQUEST');
      assert.deepEqual(await stateOf(store, id), ['receiving', 5, 0]);
    }
    const chunked = await faultOf(append(store, id, 0, bodyOf('abc'), { ends: true }));
    assert.deepEqual([chunked.code, chunked.offset], ['BAD_REQUEST', 3]);
    assert.deepEqual(await stateOf(store, id), ['receiving', 5, 3]);
    const wrong = await faultOf(append(store, id, 0, 'abcde', { ends: true }));
    assert.deepEqual([wrong.code, wrong.offset], ['CONFLICT', 3], 'the offset is looked at first');
    assert.equal((await append(store, id, 3, 'de', { ends: true })).finished, true);
  },
);

onEveryBackend(
  'a request that breaks off does not end the upload, but has told its length',
  async (t, openStore) => {
    const store = await openStore(t);
    const id = await make(store, null);
    const { body, done } = await begin(store, id, 'abc', { ends: true, bodyLength: 5 });
    body.destroy();
    assert.deepEqual([(await done).finished, (await done).interrupted], [false, 'reset']);
    assert.deepEqual(await stateOf(store, id), ['receiving', 5, 3]);
    const chunked = await make(store, null);
    const other = await begin(store, chunked, 'abc', { ends: true });
    other.body.destroy();
    await other.done;
    assert.deepEqual(await stateOf(store, chunked), ['receiving', null, 3]);
  },
);

onEveryBackend('a creation may end its upload, or not', async (t, openStore) => {
  const store = await openStore(t);
  const create = async (
    change: Parameters<typeof creation>[0],
    text?: string,
    bodyLength: number | null = text?.length ?? 0,
  ) => {
    const body = text === undefined ? undefined : { body: bodyOf(text), bodyLength };
    const { record, finished } = await store.create(creation(change), body);
    const [, length, offset] = await stateOf(store, record.id);
    return [finished, length, offset];
  };
  assert.deepEqual(await create({ ends: true }), [true, 0, 0], 'an empty file');
  assert.deepEqual(await create({ ends: false }), [false, null, 0]);
  assert.deepEqual(await create({ ends: false, length: 0 }), [false, 0, 0]);
  assert.deepEqual(await create({ ends: true }, 'abc'), [true, 3, 3]);
  assert.deepEqual(await create({ ends: true }, 'abc', null), [true, 3, 3]);
  assert.deepEqual(await create({ ends: true }, '', null), [true, 0, 0]);
  assert.deepEqual(await create({ ends: true, length: 3 }, 'abc'), [true, 3, 3]);
  assert.deepEqual(await create({ ends: false, length: 3 }, 'abc'), [false, 3, 3]);
  assert.deepEqual(await create({ ends: false }, 'abc'), [false, null, 3]);
  for (const bodyLength of [3, null]) {
    const body = { body: bodyOf('abc'), bodyLength };
    const fault = await faultOf(store.create(creation({ ends: true, length: 5 }), body));
    assert.equal(fault.code, 'BAD_REQUEST');
  }
  for await (const { length, state } of store.list()) {
    assert.ok(length !== 5 || state === 'removed', 'what was refused is not there');
  }
});

test('a start finishes what has its length, but not where only a request may end it', async (t) => {
  const store = await openStore(t);
  const id = await make(store, 3);
  await append(store, id, 0, 'abc', { ends: false });
  const uploadDir = dirname(store.place);
  await store.close();
  for (const [endsAtLength, state] of [
    [false, 'receiving'],
    [true, 'finished'],
  ] as const) {
    const next = await openStore(t, { uploadDir, endsAtLength: () => endsAtLength });
    // What goes on in the background has ended then.
    await next.close();
    const command = await openCommandStoreOf(t, { uploadDir });
    assert.equal((await command.remember(id))?.state, state);
    await command.close();
  }
});
