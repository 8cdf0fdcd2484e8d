import '../support/faulty-disk.ts';

import assert from 'node:assert/strict';
import { readdirSync, statSync } from 'node:fs';
import { PassThrough } from 'node:stream';
import { test } from 'node:test';
import { Fault } from '../../../src/fault.ts';
import { removeUnremoved } from '../../../src/storage/uploads/upkeep/recover.ts';
import { until } from '../../support/until.ts';
import { leftBehind, NOTHING, watched } from '../support/aftermath.ts';
import { contentIn, onEveryBackend } from '../support/backends.ts';
import { diskError, faultyDisk, noSpace } from '../support/faulty-disk.ts';
import {
  append,
  bodyOf,
  bytes,
  contentOf,
  crcOf,
  creation,
  faultOf,
  insideOf,
  offsetOf,
  openStore,
  whole,
} from '../support/stores.ts';

/** Larger than what is recorded in one transaction. */
const LARGE = 300_000;

onEveryBackend(
  'a new upload has an empty file, a record and a line in its timeline',
  async (t, openStore) => {
    const { store, types } = await watched(t, {}, openStore);
    const { record, offset, finished } = await store.create(
      creation({
        length: 10,
        metadata: 'filename YS50eHQ=',
        protocolData: 'partial',
        kind: 'partial',
      }),
    );
    assert.deepEqual([offset, finished], [0, false]);
    const found = await store.find(record.id);
    assert.equal(found.offset, 0);
    const { kind, length, metadata, name, protocolData } = found.record;
    assert.deepEqual(
      { kind, length, metadata, name, protocolData },
      {
        kind: 'partial',
        length: 10,
        metadata: 'filename YS50eHQ=',
        name: 'a.txt',
        protocolData: 'partial',
      },
    );
    assert.equal((await contentIn(store, record.id)).length, 0);
    assert.equal(await store.isBeingWritten(record.id), false);
    assert.deepEqual(types(), ['created']);
  },
);

onEveryBackend('an upload of no bytes is finished at once', async (t, openStore) => {
  const { store, types } = await watched(t, {}, openStore);
  const { record, finished } = await store.create(creation({ length: 0 }));
  assert.equal(finished, true);
  assert.equal((await store.find(record.id)).record.state, 'finished');
  assert.equal(await store.isBeingWritten(record.id), false);
  assert.deepEqual(types(), ['created', 'finished']);
});

for (const size of [0, 1, 10_000, LARGE]) {
  onEveryBackend(
    `an upload of ${size} bytes that comes whole with its creation is finished by it`,
    async (t, openStore) => {
      const { store, types } = await watched(t, {}, openStore);
      const sent = bytes(size);
      const outcome = await store.create(creation({ length: size }), {
        body: bodyOf(sent),
        bodyLength: size,
      });
      assert.deepEqual([outcome.finished, outcome.offset], [true, size]);
      assert.equal(outcome.record.state, 'finished');
      const { record } = await store.find(outcome.record.id);
      assert.deepEqual([record.state, record.crc32], ['finished', crcOf(sent)]);
      assert.ok((await contentIn(store, record.id)).equals(sent));
      assert.deepEqual(types(), ['created', 'finished']);
      assert.equal((await store.timeline(record)).at(-1)?.event, 'finished');
    },
  );
}

onEveryBackend('the first bytes of an upload may come with its creation', async (t, openStore) => {
  const { store } = await watched(t, {}, openStore);
  for (const length of [10, null]) {
    const { record, offset, finished } = await store.create(creation({ length }), {
      body: bodyOf('1234'),
      bodyLength: 4,
    });
    assert.deepEqual([offset, finished], [4, false]);
    await append(store, record.id, 4, '567890', { length: 10 });
    assert.equal((await contentIn(store, record.id)).toString(), '1234567890');
  }
});

onEveryBackend(
  'a creation that is cut short keeps the bytes of a large upload',
  async (t, openStore) => {
    const { store } = await watched(t, {}, openStore);
    const body = new PassThrough();
    const made = store.create(creation({ length: 10 }), { body, bodyLength: null });
    body.write('1234');
    await until('they are on disk', () => {
      return [...insideOf(store).active.values()].some(({ pump }) => pump.position === 4);
    });
    body.destroy();
    const { record, offset, interrupted } = await made;
    assert.deepEqual([offset, interrupted], [4, 'reset']);
    assert.equal(await offsetOf(store, record.id), 4);
  },
);

onEveryBackend('a small creation that is cut short keeps its bytes, too', async (t, openStore) => {
  const { store, types } = await watched(t, { limits: { idleTimeout: 50 } }, openStore);
  for (const why of ['reset', 'idle']) {
    const body = new PassThrough();
    const made = store.create(creation({ length: 10 }), { body, bodyLength: 10 });
    body.write('1234');
    if (why === 'reset') body.destroy();
    const { record, interrupted, finished } = await made;
    assert.deepEqual([interrupted, finished], [why, false]);
    assert.equal(await offsetOf(store, record.id), 4);
    const lines = await store.timeline(record);
    assert.deepEqual(
      lines.map((entry) => (entry.event === 'received' ? entry.interrupted : entry.event)),
      ['created', why],
    );
    await append(store, record.id, 4, '567890');
    const found = await store.find(record.id);
    assert.deepEqual(
      [found.record.state, found.record.crc32],
      ['finished', crcOf(Buffer.from('1234567890'))],
    );
  }
  assert.deepEqual(types(), ['created', 'finished', 'created', 'finished']);
});

onEveryBackend(
  'a small creation with a checksum that is cut short leaves nothing',
  async (t, openStore) => {
    const { store, types } = await watched(t, { limits: { idleTimeout: 50 } }, openStore);
    for (const status of [400, 408]) {
      const body = new PassThrough();
      const made = store.create(creation({ length: 10 }), {
        body,
        bodyLength: 10,
        whole: whole(true),
      });
      body.write('1234');
      if (status === 400) body.destroy();
      assert.equal((await faultOf(made)).status, status);
      assert.deepEqual(await leftBehind(store), NOTHING);
    }
    assert.deepEqual(types(), []);
  },
);

for (const size of [10, LARGE]) {
  onEveryBackend(
    `a creation of ${size} bytes whose checksum is wrong leaves nothing`,
    async (t, openStore) => {
      const { store } = await watched(t, {}, openStore);
      const made = store.create(creation({ length: size }), {
        body: bodyOf(bytes(size)),
        bodyLength: size,
        whole: whole(false),
      });
      assert.equal((await faultOf(made)).code, 'CHECKSUM_MISMATCH');
      assert.deepEqual(await leftBehind(store), NOTHING);
    },
  );
}

onEveryBackend(
  'a creation whose body is longer than it said leaves nothing',
  async (t, openStore) => {
    const { store } = await watched(t, {}, openStore);
    for (const bodyLength of [3, null]) {
      const made = store.create(creation({ length: 3 }), { body: bodyOf('1234'), bodyLength });
      assert.equal((await faultOf(made)).code, 'TOO_LARGE');
      assert.deepEqual(await leftBehind(store), NOTHING);
    }
  },
);

onEveryBackend('a refusal at the end of a creation takes it back', async (t, openStore) => {
  const { store, types } = await watched(
    t,
    {
      guards: {
        beforeFinish: async () => {
          throw new Fault('REFUSED', 'a virus');
        },
      },
    },
    openStore,
  );
  for (const body of [{ body: bodyOf('12345'), bodyLength: 5 }, undefined]) {
    const made = store.create(creation({ length: body ? 5 : 0 }), body);
    assert.equal((await faultOf(made)).code, 'REFUSED');
    assert.deepEqual(await leftBehind(store), NOTHING);
  }
  assert.deepEqual(types(), ['created', 'removed', 'created', 'removed']);
});

test('a disk that cannot sync the record of a small upload does not cost its bytes', async (t) => {
  const disk = faultyDisk.during(t);
  const { store, types } = await watched(t, { fsync: 'completed' });
  let committed = false;
  disk.fail = (step) => {
    committed ||= step === 'COMMIT';
    return committed && step === 'fdatasync' ? diskError('EIO') : undefined;
  };
  const made = store.create(creation({ length: 5 }), { body: bodyOf('12345'), bodyLength: 5 });
  assert.equal((await faultOf(made)).code, 'IO');
  disk.reset();
  const { states, files } = await leftBehind(store);
  assert.deepEqual(states, ['finished']);
  assert.equal(contentOf(store, files[0]!).toString(), '12345');
  assert.deepEqual(types(), ['created', 'finished']);
});

test('a listener that throws does not make a committed change fail', async (t) => {
  const warnings: string[] = [];
  const store = await openStore(t, { warn: (message) => warnings.push(message) });
  store.onChange(() => {
    throw new Error('a metric broke');
  });
  const { record } = await store.create(creation({ length: 3 }));
  assert.equal((await append(store, record.id, 0, 'abc')).finished, true);
  await store.terminate(record.id, { origin: record.origin, request: null });
  assert.equal(warnings.length, 3);
  assert.deepEqual(readdirSync(store.place), []);
});

test('a creation that filled the disk gives its room back before it is taken back', async (t) => {
  const disk = faultyDisk.during(t);
  const { store } = await watched(t);
  disk.fail = (step) => {
    const [name] = readdirSync(store.place);
    const full = name !== undefined && statSync(store.locate(name)).size > 0;
    return full && !step.startsWith('f') ? noSpace(step) : undefined;
  };
  const body = new PassThrough();
  const made = store.create(creation({ length: LARGE }), { body, bodyLength: LARGE });
  made.catch(() => {});
  body.write(bytes(1000));
  await until('it is written', () => [...insideOf(store).pumps][0]?.position === 1000);
  body.write(bytes(1000));
  assert.equal((await faultOf(made)).code, 'NO_SPACE');
  disk.reset();
  assert.deepEqual(await leftBehind(store), NOTHING);
});

test('a failed creation that could not be taken back is removed later, unless it has got bytes', async (t) => {
  const disk = faultyDisk.during(t);
  for (const length of [0, LARGE]) {
    const { store, types } = await watched(t, { fsync: 'always' });
    let broken = false;
    disk.fail = (step) => {
      broken ||= step === 'fdatasync';
      return broken && step !== 'close' ? diskError('EIO') : undefined;
    };
    const made = store.create(creation({ length }));
    assert.equal((await faultOf(made)).code, 'IO');
    disk.reset();
    const context = insideOf(store);
    const [id] = context.unremoved.keys();
    assert.deepEqual([context.unremoved.size, context.leftBehind.size], [1, 0]);
    if (length > 0) await append(store, id!, 0, 'abc');
    await removeUnremoved(context);
    assert.equal(context.unremoved.size, 0);
    if (length > 0) assert.equal(await offsetOf(store, id!), 3);
    else assert.deepEqual(await leftBehind(store), NOTHING);
    assert.deepEqual(types(), length > 0 ? ['created'] : ['created', 'removed']);
  }
});
