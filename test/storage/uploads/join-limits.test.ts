import assert from 'node:assert/strict';
import { onEveryBackend } from '../support/backends.ts';
import { CALLER, creation, faultOf } from '../support/stores.ts';

onEveryBackend(
  'where uploads are limited in size, a final upload waits for the lengths of its parts before it is made',
  async (t, openStore) => {
    const anna = { name: 'anna', readsAny: false, maxSize: null, limited: false };
    for (const [largest, principal] of [
      [10, undefined],
      [null, { ...anna, maxSize: 10 }],
      [null, { ...anna, limited: true }],
    ] as const) {
      const store = await openStore(t, { limits: { maxSize: largest } });
      const caller = { ...CALLER, principal };
      const id = (await store.create(creation({ kind: 'partial', caller }))).record.id;
      const final = { ...creation({ kind: 'final', caller }), parts: [id, id, id] };
      assert.equal((await faultOf(store.concatenate(final))).code, 'BAD_REQUEST');
      assert.deepEqual(await store.finalsOf(id), []);
      const other = { ...creation({ kind: 'final' }), parts: [id] };
      if (largest === null)
        await store.concatenate({ ...other, caller: { ...CALLER, principal: anna } });
    }
  },
);
