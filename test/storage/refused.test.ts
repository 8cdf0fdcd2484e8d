import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Fault } from '../../src/fault.ts';
import type { AppendRequest, UploadStore, WholeRequest } from '../../src/storage/store.ts';
import { temporaryFolder } from '../support/temporary.ts';
import { startChild } from './support/child.ts';
import {
  append,
  begin,
  bodyOf,
  contentOf,
  crcOf,
  creation,
  faultOf,
  insideOf,
  make,
  offsetOf,
  openStore,
  whole,
} from './support/stores.ts';

/** What a refused request must leave as it was. */
async function stateOf(store: UploadStore, id: string) {
  const { record, offset } = await store.find(id);
  const { length, state, crc32, uncommittedFrom } = record;
  return {
    length,
    state,
    crc32,
    uncommittedFrom,
    offset,
    content: contentOf(store, id).toString(),
  };
}

/** An upload of an unknown length with its first bytes. */
async function deferred(store: UploadStore): Promise<string> {
  const id = await make(store, null);
  await append(store, id, 0, '123');
  return id;
}

const failing = (fault: Fault): WholeRequest => ({
  verify: async () => {
    throw fault;
  },
});

const REFUSED: Record<string, Partial<AppendRequest>> = {
  'a checksum that does not match': { length: 7, whole: whole(false) },
  'a trailer that is missing or malformed': {
    length: 7,
    whole: failing(new Fault('BAD_REQUEST', 'the announced trailer did not come')),
  },
  'a checksum that does not match, before the end': { length: 99, whole: whole(false) },
  'a condition that does not hold': {
    length: 7,
    check: () => {
      throw new Fault('BAD_REQUEST', 'it does not hold', { status: 412 });
    },
  },
  'another offset': { length: 7, offset: 2 },
  'a body that is longer than the length': { length: 6 },
  'a length that is less than what is there': { length: 2 },
};

test('a request that is refused leaves a deferred length unknown and all else as it was', async (t) => {
  const store = await openStore(t);
  for (const [why, request] of Object.entries(REFUSED)) {
    const id = await deferred(store);
    const before = await stateOf(store, id);
    await faultOf(append(store, id, 3, '4567', request));
    assert.deepEqual(await stateOf(store, id), before, why);
    assert.equal(await store.isBeingWritten(id), false);
    const events = (await store.timeline((await store.find(id)).record)).map(({ event }) => event);
    assert.ok(!events.includes('length-declared'), why);
    // Another length than the one that was refused.
    const { finished } = await append(store, id, 3, '45', { length: 5 });
    assert.equal(finished, true, why);
    assert.equal((await store.find(id)).record.crc32, crcOf(Buffer.from('12345')));
  }
});

test('a request with a checksum declares its length once it is verified, and not before', async (t) => {
  const store = await openStore(t);
  const id = await deferred(store);
  const { body, done } = await begin(store, id, '4567', { length: 10, whole: whole(true) });
  assert.equal((await store.find(id)).record.length, null);
  body.end();
  assert.equal((await done).record.length, 10);
  const { record } = await store.find(id);
  assert.equal(record.length, 10);
  const events = (await store.timeline(record)).map(({ event }) => event);
  assert.equal(events.filter((event) => event === 'length-declared').length, 1);
  assert.equal((await faultOf(append(store, id, 7, '8', { length: 11 }))).code, 'BAD_REQUEST');
});

test('a request with a checksum that is cut leaves a deferred length unknown', async (t) => {
  const store = await openStore(t);
  const id = await deferred(store);
  const before = await stateOf(store, id);
  const { body, done } = await begin(store, id, '4567', { length: 10, whole: whole(true) });
  body.destroy();
  assert.equal((await done).interrupted, 'reset');
  assert.deepEqual(await stateOf(store, id), before);
});

test('a request without a checksum that is cut has declared its length, as its bytes count', async (t) => {
  const store = await openStore(t);
  const id = await deferred(store);
  const { body, done } = await begin(store, id, '4567', { length: 10 });
  body.destroy();
  await done;
  const { length, offset } = await stateOf(store, id);
  assert.deepEqual([length, offset], [10, 7]);
});

test('a hook that refuses the finish leaves the length that its request declared unknown', async (t) => {
  let refuses = true;
  const seen: (number | null)[] = [];
  const store = await openStore(t, {
    guards: {
      beforeFinish: async ({ length }) => {
        seen.push(length);
        if (refuses) throw new Fault('REFUSED', 'a virus');
      },
    },
  });
  for (const more of [{}, { whole: whole(true) }]) {
    refuses = true;
    const id = await deferred(store);
    assert.equal(
      (await faultOf(append(store, id, 3, '45', { length: 5, ...more }))).code,
      'REFUSED',
    );
    const { length, offset, state } = await stateOf(store, id);
    assert.deepEqual([length, offset, state], [null, 5, 'receiving']);
    refuses = false;
    assert.equal((await append(store, id, 5, '', { length: 5 })).finished, true);
  }
  assert.deepEqual(seen, [5, 5, 5, 5]);
  // A length that was known before stays.
  refuses = true;
  const id = await make(store, 5);
  await faultOf(append(store, id, 0, '12345'));
  assert.equal((await store.find(id)).record.length, 5);
});

test('what a body brings beyond the upload is refused, what belongs to it is kept', async (t) => {
  const store = await openStore(t);
  for (const pieces of [['56', '7890X'], ['567890', 'X'], ['567890X'], ['5', '67890XYZ', 'more']]) {
    const id = await make(store, 10);
    await append(store, id, 0, '1234');
    const { body, done } = await begin(store, id, '');
    for (const piece of pieces) body.write(piece);
    body.end();
    const fault = await faultOf(done);
    assert.deepEqual([fault.code, fault.offset], ['TOO_LARGE', 10]);
    const { record, offset } = await store.find(id);
    // All of its bytes are there: it is finished, like one whose client left behind the last byte.
    assert.deepEqual([record.state, offset], ['finished', 10]);
    assert.equal(record.crc32, crcOf(Buffer.from('1234567890')));
    assert.equal(contentOf(store, id).toString(), '1234567890');
    const events = (await store.timeline(record)).map(({ event }) => event);
    assert.deepEqual(events, ['created', 'received', 'rejected', 'finished']);
  }
});

test('a body that overruns and counts as a whole counts for nothing', async (t) => {
  const store = await openStore(t);
  const id = await make(store, 10);
  await append(store, id, 0, '1234');
  const before = await stateOf(store, id);
  const { body, done } = await begin(store, id, '56', { whole: whole(true) });
  body.end('7890X');
  const fault = await faultOf(done);
  assert.deepEqual([fault.code, fault.offset], ['TOO_LARGE', 4]);
  assert.deepEqual(await stateOf(store, id), before);
});

test('a body that overruns the length which it declared keeps its bytes and leaves the length unknown', async (t) => {
  const store = await openStore(t);
  const id = await deferred(store);
  const { body, done } = await begin(store, id, '45', { length: 5 });
  body.end('6');
  const fault = await faultOf(done);
  assert.deepEqual([fault.code, fault.offset], ['TOO_LARGE', 5]);
  const { length, offset, state, content } = await stateOf(store, id);
  assert.deepEqual([length, offset, state, content], [null, 5, 'receiving', '12345']);
  assert.equal((await append(store, id, 5, '6', { length: 6 })).finished, true);
});

test('a body that overruns the largest upload allowed keeps what is allowed', async (t) => {
  const store = await openStore(t, { limits: { maxSize: 8 } });
  const id = await make(store, null);
  const { body, done } = await begin(store, id, '1234567');
  body.end('89');
  const fault = await faultOf(done);
  assert.deepEqual([fault.code, fault.offset], ['TOO_LARGE', 8]);
  const { length, offset, state } = await stateOf(store, id);
  assert.deepEqual([length, offset, state], [null, 8, 'receiving']);
});

test('a hook that refuses an upload which was overrun has the last word', async (t) => {
  const guards = {
    beforeFinish: async () => {
      throw new Fault('REFUSED', 'a virus');
    },
  };
  const store = await openStore(t, { guards });
  const id = await make(store, 3);
  const { body, done } = await begin(store, id, '12');
  body.end('3X');
  assert.equal((await faultOf(done)).code, 'REFUSED');
  // It had all of its bytes before the next request came, which is refused for its own.
  const again = await begin(store, id, '');
  again.body.end('X');
  assert.equal((await faultOf(again.done)).code, 'TOO_LARGE');
  assert.equal(await offsetOf(store, id), 3);
});

test('a creation whose body overruns leaves nothing: its client does not know the URL', async (t) => {
  const store = await openStore(t);
  for (const more of [{}, { whole: whole(true) }]) {
    for (const length of [5, 1_000_000, null]) {
      const sent = Buffer.alloc((length ?? 20) + 1);
      const limits = insideOf(store).limits as { maxSize: number | null };
      limits.maxSize = length === null ? 20 : null;
      const made = store.create(creation({ length }), {
        body: bodyOf(sent),
        bodyLength: null,
        ...more,
      });
      const fault = await faultOf(made);
      assert.deepEqual([fault.code, fault.offset], ['TOO_LARGE', undefined]);
    }
  }
  const left = [];
  for await (const { state } of store.list()) left.push(state);
  assert.deepEqual(left, []);
});

test('a length that a request with a checksum declared is unknown again after a kill -9', async (t) => {
  const uploadDir = temporaryFolder(t);
  const child = startChild(t, 'declare-and-wait.ts', uploadDir);
  const { plain, checked } = JSON.parse(await child.line());
  await child.kill();
  const store = await openStore(t, { uploadDir });
  const left = await stateOf(store, checked);
  assert.deepEqual([left.length, left.offset, left.content], [null, 3, '123']);
  assert.equal(left.uncommittedFrom, null);
  assert.equal((await append(store, checked, 3, '45', { length: 5 })).finished, true);
  // Bytes that need no verification count, and so does the length that came with them.
  const kept = await stateOf(store, plain);
  assert.deepEqual([kept.length, kept.offset, kept.content], [10, 7, '1234567']);
});

test('with "always" a refusal survives a power cut before its client gets the answer', async (t) => {
  const steps: string[] = [];
  const beforeFinish = async () => {
    throw new Fault('REFUSED', 'a virus');
  };
  const store = await openStore(t, { fsync: 'always', guards: { beforeFinish } });
  const id = await make(store, 3);
  const { catalog } = insideOf(store);
  const { persist, refuse } = catalog;
  t.mock.method(catalog, 'persist', async () => {
    await persist.call(catalog);
    steps.push('persist');
  });
  t.mock.method(catalog, 'refuse', async (...args: Parameters<typeof refuse>) => {
    const done = await refuse.apply(catalog, args);
    steps.push('refuse');
    return done;
  });
  assert.equal((await faultOf(append(store, id, 0, '123'))).code, 'REFUSED');
  assert.deepEqual(steps.slice(-2), ['refuse', 'persist']);
});
