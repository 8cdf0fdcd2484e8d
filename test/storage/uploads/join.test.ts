import '../support/faulty-disk.ts';

import assert from 'node:assert/strict';
import { readdirSync, truncateSync, unlinkSync } from 'node:fs';
import { test } from 'node:test';
import { Fault } from '../../../src/fault.ts';
import type { UploadStore } from '../../../src/storage/store.ts';
import { finishLeftBehind } from '../../../src/storage/uploads/upkeep/recover.ts';
import { until } from '../../support/until.ts';
import { contentIn, onEveryBackend } from '../support/backends.ts';
import { faultyDisk, noSpace } from '../support/faulty-disk.ts';
import {
  append,
  begin,
  bytes,
  CALLER,
  crcOf,
  creation,
  faultOf,
  insideOf,
  make,
  openStore,
  sizeOf,
} from '../support/stores.ts';

async function part(store: UploadStore, content: Buffer | string): Promise<string> {
  const id = await make(store, Buffer.byteLength(content), 'partial');
  if (Buffer.byteLength(content) > 0) await append(store, id, 0, content);
  return id;
}

function join(store: UploadStore, ...parts: string[]) {
  return store.concatenate({ ...creation({ kind: 'final', metadata: 'filename YQ==' }), parts });
}

const stateOf = async (store: UploadStore, id: string) => (await store.remember(id))?.state;

onEveryBackend('finished parts make one file in the order given', async (t, openStore) => {
  const store = await openStore(t);
  const contents = [bytes(600_000, 1), bytes(10, 2), bytes(700_000, 3)];
  const parts: string[] = [];
  for (const content of contents) parts.push(await part(store, content));
  const order = [2, 0, 1];
  const { record, offset } = await join(store, ...order.map((index) => parts[index]!));
  const all = Buffer.concat(order.map((index) => contents[index]!));
  assert.ok((await contentIn(store, record.id)).equals(all));
  assert.deepEqual(
    [record.state, record.length, offset, record.crc32, record.name],
    ['finished', all.length, all.length, crcOf(all), 'a'],
  );
  for (const id of parts) assert.equal((await store.find(id)).record.state, 'finished');
});

onEveryBackend('a part may stand twice, and be a part of several uploads', async (t, openStore) => {
  const store = await openStore(t);
  const ab = await part(store, 'ab');
  const c = await part(store, 'c');
  const twice = await join(store, ab, c, ab);
  const other = await join(store, c, ab);
  assert.equal((await contentIn(store, twice.record.id)).toString(), 'abcab');
  assert.equal((await contentIn(store, other.record.id)).toString(), 'cab');
});

onEveryBackend(
  'empty parts are parts, and nothing but empty ones makes an empty file',
  async (t, openStore) => {
    const store = await openStore(t);
    const empty = await part(store, '');
    const some = await part(store, 'x');
    const { record } = await join(store, empty, some, empty);
    assert.equal((await contentIn(store, record.id)).toString(), 'x');
    const nothing = await join(store, empty, empty);
    assert.deepEqual(
      [nothing.record.state, nothing.record.length, nothing.offset],
      ['finished', 0, 0],
    );
    assert.equal((await contentIn(store, nothing.record.id)).length, 0);
  },
);

test('what is not a part that is there is refused, and nothing is made', async (t) => {
  const store = await openStore(t);
  const good = await part(store, 'ab');
  const single = await make(store, 3);
  const removed = await part(store, 'c');
  await store.terminate(removed, CALLER);
  const { record } = await join(store, good);
  const before = readdirSync(store.place).length;
  for (const bad of [single, removed, record.id, 'unknown', '../up']) {
    assert.equal((await faultOf(join(store, good, bad))).code, 'BAD_REQUEST', bad);
  }
  assert.equal(readdirSync(store.place).length, before);
});

onEveryBackend(
  'a final upload of unfinished parts is joined once the last one is finished',
  async (t, openStore) => {
    const store = await openStore(t);
    const first = await part(store, 'ab');
    const second = await make(store, 2, 'partial');
    const third = await make(store, null, 'partial');
    const { record, offset } = await join(store, first, second, third);
    assert.deepEqual([record.state, record.length, offset], ['receiving', null, null]);
    await append(store, second, 0, 'cd');
    assert.equal(await stateOf(store, record.id), 'receiving');
    await append(store, third, 0, 'ef', { length: 2 });
    await until('it is joined', async () => (await stateOf(store, record.id)) === 'finished');
    assert.equal((await contentIn(store, record.id)).toString(), 'abcdef');
    assert.equal(insideOf(store).leftBehind.size, 0);
  },
);

onEveryBackend(
  'the length of a final upload is known as soon as those of its parts are',
  async (t, openStore) => {
    const store = await openStore(t);
    const first = await make(store, 10, 'partial');
    const { record } = await join(store, first, await part(store, 'ab'));
    assert.deepEqual([record.length, record.state], [12, 'receiving']);
  },
);

onEveryBackend('parts that finish at the same moment join it once', async (t, openStore) => {
  const store = await openStore(t);
  let finished = 0;
  store.onChange((event) => {
    if (event.type === 'finished' && event.record.kind === 'final') finished++;
  });
  const ids = await Promise.all(['a', 'b', 'c', 'd'].map(() => make(store, 1, 'partial')));
  const { record } = await join(store, ...ids);
  await Promise.all(ids.map((id, index) => append(store, id, 0, 'abcd'[index]!)));
  await until('it is joined', async () => (await stateOf(store, record.id)) === 'finished');
  await store.close();
  assert.equal(finished, 1);
});

onEveryBackend(
  'a part that finishes while its final upload is being made does not leave that waiting',
  async (t, openStore) => {
    let store: UploadStore | undefined;
    let last: string | undefined;
    const opened = await openStore(t, {
      guards: {
        beforeCreate: async ({ kind }) => {
          if (kind === 'final') await append(store!, last!, 0, 'b');
          return {};
        },
      },
    });
    store = opened;
    const first = await part(opened, 'a');
    last = await make(opened, 1, 'partial');
    const { record } = await join(opened, first, last);
    assert.equal(await stateOf(opened, record.id), 'finished');
    assert.equal((await contentIn(opened, record.id)).toString(), 'ab');
  },
);

test('a part that goes while its final upload is being made refuses it', async (t) => {
  let store: UploadStore | undefined;
  let going: string | undefined;
  const opened = await openStore(t, {
    guards: {
      beforeCreate: async ({ kind }) => {
        if (kind === 'final') await store!.terminate(going!, CALLER);
        return {};
      },
    },
  });
  store = opened;
  going = await part(opened, 'a');
  assert.equal((await faultOf(join(opened, going))).code, 'BAD_REQUEST');
  assert.deepEqual(readdirSync(opened.place), []);
});

onEveryBackend(
  'a part that a final upload waits for is not removed, not even by a DELETE',
  async (t, openStore) => {
    const store = await openStore(t);
    const needed = await part(store, 'ab');
    const missing = await make(store, 1, 'partial');
    const { record } = await join(store, needed, missing);
    assert.equal((await faultOf(store.terminate(needed, CALLER))).code, 'CONFLICT');
    assert.equal(await store.removeCondemned(needed, 'expired', CALLER, () => true), undefined);
    await append(store, missing, 0, 'c');
    await until('it is joined', async () => (await stateOf(store, record.id)) === 'finished');
    await store.terminate(needed, CALLER);
    assert.equal((await contentIn(store, record.id)).toString(), 'abc');
  },
);

onEveryBackend('a final upload that is removed frees its parts', async (t, openStore) => {
  const store = await openStore(t);
  const needed = await part(store, 'ab');
  const missing = await make(store, 1, 'partial');
  const { record } = await join(store, needed, missing);
  await store.terminate(record.id, CALLER);
  await store.terminate(needed, CALLER);
  await append(store, missing, 0, 'c');
  assert.equal(await stateOf(store, record.id), 'removed');
});

onEveryBackend('a final upload takes no bytes, joined or not', async (t, openStore) => {
  const store = await openStore(t);
  const { record: joined } = await join(store, await part(store, 'a'));
  const { record: waiting } = await join(store, await make(store, 1, 'partial'));
  for (const { id } of [joined, waiting]) {
    assert.equal((await faultOf(append(store, id, 0, 'x'))).code, 'FORBIDDEN');
  }
});

test('parts that changed on the disk are not joined', async (t) => {
  const store = await openStore(t);
  const shorter = await part(store, 'abc');
  truncateSync(store.locate(shorter), 1);
  assert.equal((await faultOf(join(store, shorter))).code, 'IO');
  const gone = await part(store, 'abc');
  unlinkSync(store.locate(gone));
  assert.equal((await faultOf(join(store, gone))).code, 'GONE');
  assert.deepEqual(readdirSync(store.place), [shorter]);
});

test('a join that filled the disk gives the room back and is made up for later', async (t) => {
  const disk = faultyDisk.during(t);
  const store = await openStore(t);
  const first = await part(store, bytes(3_000_000));
  const last = await make(store, 1, 'partial');
  const { record } = await join(store, first, last);
  let writes = 0;
  disk.fail = (step) => (step === 'write' && ++writes === 3 ? noSpace(step) : undefined);
  await append(store, last, 0, 'x');
  await until('it failed', () => insideOf(store).leftBehind.size > 0 && writes >= 3);
  await until('it let go', () => !insideOf(store).writers.isBusy(record.id));
  assert.equal(await sizeOf(store, record.id), 0);
  assert.equal(await stateOf(store, record.id), 'joining');
  writes = 0;
  finishLeftBehind(insideOf(store));
  await until('it failed again', () => writes === 3);
  await until('it let go', () => !insideOf(store).writers.isBusy(record.id));
  finishLeftBehind(insideOf(store));
  await until('it is joined', async () => (await stateOf(store, record.id)) === 'finished');
  assert.equal(insideOf(store).leftBehind.size, 0);
});

onEveryBackend(
  'a hook may refuse a joined upload: it stays, and is not joined again',
  async (t, openStore) => {
    let asked = 0;
    const store = await openStore(t, {
      guards: {
        beforeFinish: async () => {
          asked++;
          throw new Fault('REFUSED', 'a virus');
        },
      },
    });
    const id = await part(store, 'ab');
    assert.equal((await faultOf(join(store, id))).code, 'REFUSED');
    const [final] = await store.finalsOf(id);
    assert.deepEqual([final?.state, final?.refusal, asked], ['joining', 'a virus', 1]);
  },
);

onEveryBackend('a DELETE takes a final upload that waits for its parts', async (t, openStore) => {
  const store = await openStore(t);
  const missing = await make(store, 5, 'partial');
  const open = await begin(store, missing, 'ab');
  const { record } = await join(store, missing);
  await store.terminate(record.id, CALLER);
  assert.equal(await stateOf(store, record.id), 'removed');
  open.body.end('cde');
  assert.equal((await open.done).finished, true);
});

test('a DELETE during a join waits for it and fails with Retry-After when that takes too long', async (t) => {
  const disk = faultyDisk.during(t);
  const store = await openStore(t, { limits: { writerWait: 0 } });
  const id = await part(store, 'ab');
  disk.holdWrites();
  const joining = join(store, id);
  await until('it is joining', () => disk.held?.length === 1);
  const [final] = await store.finalsOf(id);
  assert.equal((await store.find(final!.id)).offset, null);
  assert.equal((await faultOf(store.terminate(final!.id, CALLER))).code, 'LOCKED');
  disk.letGo();
  assert.equal((await joining).record.state, 'finished');
});
