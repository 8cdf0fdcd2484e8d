import assert from 'node:assert/strict';
import { Fault } from '../../../src/fault.ts';
import { onEveryBackend } from '../support/backends.ts';
import { append, begin, faultOf, insideOf, make } from '../support/stores.ts';

onEveryBackend(
  'a request whose upload another process has taken over is locked, and one that was removed is gone',
  async (t, openStore) => {
    const store = await openStore(t);
    const { catalog, active } = insideOf(store);
    const codes: string[] = [];
    for (const removed of [false, true]) {
      const id = await make(store, 5);
      const { body, done } = await begin(store, id, 'ab');
      // As if another process had it.
      await catalog.release(active.get(id)!.lease!);
      const record = (await catalog.get(id))!;
      if (removed) {
        const claim = { why: 'operator', bytes: 0, takeOver: true, deliveries: [], at: 1 } as const;
        assert.equal(await catalog.claimRemoval(record, claim), 'claimed');
      }
      body.end('cde');
      codes.push((await faultOf(done)).code);
      if (!removed) assert.equal((await append(store, id, 5, '')).finished, true);
    }
    assert.deepEqual(codes, ['LOCKED', 'GONE']);
  },
  'immediate',
);

onEveryBackend(
  'a refusal that could not be recorded is not told: the upload was taken over',
  async (t, openStore) => {
    let isTaken = true;
    const store = await openStore(t, {
      guards: {
        beforeFinish: async ({ id }) => {
          const { lease } = insideOf(store).active.get(id)!;
          // As if another process had it.
          if (isTaken) await insideOf(store).catalog.release(lease!);
          throw new Fault('REFUSED', 'no such file');
        },
      },
    });
    const id = await make(store, 5);
    assert.equal((await faultOf(append(store, id, 0, '12345'))).code, 'LOCKED');
    assert.equal((await store.remember(id))?.refusal, null);
    isTaken = false;
    assert.equal((await faultOf(append(store, id, 5, ''))).code, 'REFUSED');
    assert.equal((await store.remember(id))?.refusal, 'no such file');
  },
  'immediate',
);
