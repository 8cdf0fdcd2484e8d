import assert from 'node:assert/strict';
import { Fault } from '../../../src/fault.ts';
import type { Creation } from '../../../src/storage/catalog/catalog.ts';
import { undoCreation } from '../../../src/storage/uploads/removing/undo-creation.ts';
import { removeUnremoved } from '../../../src/storage/uploads/upkeep/recover.ts';
import { contentIn, onEveryBackend } from '../support/backends.ts';
import { append, bodyOf, CALLER, creation, faultOf, insideOf, make } from '../support/stores.ts';

onEveryBackend(
  'a final upload whose join failed, and that could not be removed, is removed later',
  async (t, openStore) => {
    const store = await openStore(t);
    const part = await make(store, 2, 'partial');
    await append(store, part, 0, 'ab');
    const context = insideOf(store);
    const { catalog } = context;
    const busy = async () => {
      throw new Fault('UNAVAILABLE', 'the catalog is busy');
    };
    const { beginJoin, claimRemoval } = catalog;
    Object.assign(catalog, { beginJoin: busy, claimRemoval: busy });
    const made = store.concatenate({ ...creation({ kind: 'final' }), parts: [part] });
    assert.equal((await faultOf(made)).code, 'UNAVAILABLE');
    assert.deepEqual([context.unremoved.size, context.leftBehind.size], [1, 0]);
    Object.assign(catalog, { beginJoin, claimRemoval });
    await removeUnremoved(context);
    assert.equal(context.unremoved.size, 0);
    const [final] = await store.finalsOf(part);
    assert.equal(final?.state, 'removed');
  },
);

onEveryBackend(
  'an upload whose finish failed with its creation, and that could not be removed, is removed later',
  async (t, openStore) => {
    const guards = {
      beforeFinish: async () => {
        throw new Fault('HOOK_FAILED', 'the hook did not answer');
      },
    };
    const store = await openStore(t, { guards });
    const context = insideOf(store);
    const { claimRemoval } = context.catalog;
    const busy = async () => {
      throw new Fault('UNAVAILABLE', 'the catalog is busy');
    };
    Object.assign(context.catalog, { claimRemoval: busy });
    const made = store.create(creation({ length: 2 }), { body: bodyOf('ab'), bodyLength: 2 });
    assert.equal((await faultOf(made)).code, 'HOOK_FAILED');
    Object.assign(context.catalog, { claimRemoval });
    const [id] = context.unremoved.keys();
    assert.equal((await store.remember(id!))?.offset, 2, 'its bytes were recorded for the hook');
    await removeUnremoved(context);
    assert.equal((await store.remember(id!))?.state, 'removed');
  },
);

onEveryBackend(
  'a creation whose answer was lost, and that is recorded later, keeps its bytes',
  async (t, openStore) => {
    const store = await openStore(t);
    const { catalog, unremoved } = insideOf(store);
    const { createFinished } = catalog;
    let record = async () => {};
    Object.assign(catalog, {
      createFinished: async (creation: Creation) => {
        record = async () => void (await createFinished(creation));
        throw new Fault('UNAVAILABLE', 'the database did not answer');
      },
    });
    const made = store.create(creation({ length: 2 }), { body: bodyOf('ab'), bodyLength: 2 });
    assert.equal((await faultOf(made)).code, 'UNAVAILABLE');
    const [id] = [...unremoved.keys()];
    await record();
    await removeUnremoved(insideOf(store));
    assert.equal((await store.remember(id!))?.state, 'finished');
    assert.equal(String(await contentIn(store, id!)), 'ab');
  },
);

onEveryBackend(
  'an upload that was recorded although its creation failed is removed, and no other of its id',
  async (t, openStore) => {
    const store = await openStore(t);
    const { catalog } = insideOf(store);
    const { createLeased, createUpload } = catalog;
    const ids: string[] = [];
    const losing =
      <T>(record: (creation: Creation) => Promise<T>) =>
      async (creation: Creation): Promise<T> => {
        await record.call(catalog, creation);
        ids.push(creation.record.id);
        throw new Fault('UNAVAILABLE', 'the answer was lost');
      };
    Object.assign(catalog, {
      createLeased: losing(createLeased),
      createUpload: losing(createUpload),
    });
    for (const length of [0, 2]) {
      const made = store.create(creation({ length }));
      assert.equal((await faultOf(made)).code, 'UNAVAILABLE');
    }
    Object.assign(catalog, { createLeased, createUpload });
    for (const id of ids) assert.equal((await store.remember(id))?.state, 'removed');
    assert.equal(ids.length, 2);

    const other = await make(store, 2);
    const record = (await store.remember(other))!;
    const draft = { ...record, createdAt: record.createdAt - 1 };
    await undoCreation(insideOf(store), draft, CALLER, false);
    assert.equal((await store.remember(other))?.state, 'receiving');
    assert.equal((await append(store, other, 0, 'ab')).finished, true);
  },
);
