import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { Fault } from '../../../src/fault.ts';
import { leftBehind, NOTHING, watched } from '../support/aftermath.ts';
import { begin, bodyOf, contentOf, creation, faultOf } from '../support/stores.ts';

test('an upload over the limit is refused before anything is made', async (t) => {
  const { store } = await watched(t, { limits: { maxSize: 100 } });
  assert.equal((await faultOf(store.create(creation({ length: 101 })))).code, 'TOO_LARGE');
  assert.deepEqual(await leftBehind(store), NOTHING);
  await store.create(creation({ length: 100 }));
});

test('an upload that cannot fit is refused before anything is made', async (t) => {
  const { store } = await watched(t);
  const fault = await faultOf(store.create(creation({ length: Number.MAX_SAFE_INTEGER })));
  assert.equal(fault.code, 'NO_SPACE');
  assert.deepEqual(await leftBehind(store), NOTHING);
});

test('a minimum of free space is kept for uploads of unknown length, too', async (t) => {
  const { store } = await watched(t, { limits: { minFreeSpace: Number.MAX_SAFE_INTEGER } });
  assert.equal((await faultOf(store.create(creation()))).code, 'NO_SPACE');
  assert.deepEqual(await leftBehind(store), NOTHING);
});

test('a hook may choose id and metadata, and refuse', async (t) => {
  let refuse = false;
  const { store } = await watched(t, {
    guards: {
      beforeCreate: async () => {
        if (refuse) throw new Fault('REFUSED', 'not today');
        return { id: 'report.pdf', metadata: 'filename Yg==' };
      },
    },
  });
  const { record } = await store.create(creation({ length: 5, metadata: 'filename YQ==' }));
  assert.deepEqual([record.id, record.name], ['report.pdf', 'b']);
  refuse = true;
  assert.equal((await faultOf(store.create(creation()))).code, 'REFUSED');
  assert.equal((await leftBehind(store)).files.length, 1);
});

test('an id that a hook has chosen twice is refused, and the first upload is untouched', async (t) => {
  const { store } = await watched(t, { guards: { beforeCreate: async () => ({ id: 'same' }) } });
  await store.create(creation({ length: 5 }), { body: bodyOf('first'), bodyLength: 5 });
  for (const body of [{ body: bodyOf('2'), bodyLength: 1 }, undefined]) {
    assert.equal((await faultOf(store.create(creation({ length: 1 }), body))).code, 'CONFLICT');
  }
  assert.equal(contentOf(store, 'same').toString(), 'first');
});

test('an id whose file is there without a record is refused, and the file is untouched', async (t) => {
  const { store } = await watched(t, { guards: { beforeCreate: async () => ({ id: 'same' }) } });
  writeFileSync(store.locate('same'), "somebody's");
  assert.equal((await faultOf(store.create(creation({ length: 1 })))).code, 'CONFLICT');
  assert.equal(contentOf(store, 'same').toString(), "somebody's");
});

test('two creations of one id at the same time are one upload', async (t) => {
  const { store } = await watched(t, { guards: { beforeCreate: async () => ({ id: 'same' }) } });
  const content = ['first', 'other'];
  const outcomes = await Promise.allSettled(
    content.map((text) =>
      store.create(creation({ length: 5 }), { body: bodyOf(text), bodyLength: 5 }),
    ),
  );
  const won = outcomes.findIndex((outcome) => outcome.status === 'fulfilled');
  assert.equal(outcomes.filter((outcome) => outcome.status === 'fulfilled').length, 1);
  assert.equal(contentOf(store, 'same').toString(), content[won]);
});

test('an id that cannot name a file is refused as the fault of the hook', async (t) => {
  const { store } = await watched(t, { guards: { beforeCreate: async () => ({ id: '../up' }) } });
  assert.equal((await faultOf(store.create(creation()))).code, 'HOOK_FAILED');
  assert.deepEqual(await leftBehind(store), NOTHING);
});

test('an id that is taken and being written is refused at once', async (t) => {
  const { store } = await watched(t, { guards: { beforeCreate: async () => ({ id: 'same' }) } });
  await store.create(creation({ length: 10 }));
  const { body, done } = await begin(store, 'same', '12345');
  assert.equal((await faultOf(store.create(creation({ length: 1 })))).code, 'CONFLICT');
  body.end('67890');
  assert.equal((await done).finished, true);
});
