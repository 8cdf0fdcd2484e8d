import assert from 'node:assert/strict';
import type { Catalog } from '../../../../src/storage/catalog/catalog.ts';
import type { RecordState } from '../../../../src/storage/model/upload.ts';
import { type Contract, creation, ending, everythingOf, NOW, REPORT } from './subject.ts';

async function part(catalog: Catalog, id: string, state: RecordState = 'finished', length = 3) {
  return catalog.createUpload(creation({ id, kind: 'partial', state, length }));
}

async function final(catalog: Catalog, ...parts: string[]) {
  return catalog.createUpload(creation({ id: 'f', kind: 'final', length: null, parts }));
}

export function joiningContract({ promise, promiseToMany }: Contract): void {
  promise(
    'a join begins when all parts are finished, with their length and a lease',
    async (catalog) => {
      await part(catalog, 'p', 'finished', 3);
      await part(catalog, 'q', 'finished', 4);
      const made = await final(catalog, 'q', 'p', 'q');
      const start = await catalog.beginJoin('f', NOW + 1);
      assert.ok(start.outcome === 'begun');
      const { record, timeline } = await everythingOf(catalog, 'f');
      assert.deepEqual(record, { ...made, state: 'joining', length: 11, activeAt: NOW + 1 });
      assert.deepEqual(start.record, record);
      assert.deepEqual(timeline, [{ at: NOW + 1, event: 'joining', parts: 3 }]);
      assert.equal(await catalog.isLeased('f', NOW + 1), true);
      const finish = { ...ending({ offset: 11 }), deliveries: [] };
      assert.equal(await catalog.finish(start.lease, finish), true);
      assert.deepEqual(await catalog.beginJoin('f', NOW + 2), { outcome: 'over' });
    },
  );

  promise(
    'a join that was cut short begins again, without a second line about it',
    async (catalog) => {
      await part(catalog, 'p');
      await final(catalog, 'p');
      const first = await catalog.beginJoin('f', NOW + 1);
      const second = await catalog.beginJoin('f', NOW + 2);
      assert.ok(first.outcome === 'begun' && second.outcome === 'begun');
      assert.notEqual(first.lease.epoch, second.lease.epoch);
      assert.equal(await catalog.finish(first.lease, { ...ending({}), deliveries: [] }), false);
      const { record, timeline } = await everythingOf(catalog, 'f');
      assert.deepEqual(
        [record?.state, record?.activeAt, timeline?.length],
        ['joining', NOW + 2, 1],
      );
    },
  );

  promise(
    'a join waits for parts that are not finished, and changes nothing meanwhile',
    async (catalog) => {
      await part(catalog, 'p');
      await part(catalog, 'q', 'receiving');
      await final(catalog, 'p', 'q');
      const before = await everythingOf(catalog, 'f');
      assert.deepEqual(await catalog.beginJoin('f', NOW + 1), { outcome: 'waiting' });
      assert.deepEqual(await everythingOf(catalog, 'f'), before);
      assert.equal(await catalog.isLeased('f', NOW), false);
    },
  );

  promise('a part that is gone is never waited for, wherever it stands', async (catalog) => {
    await part(catalog, 'open', 'receiving');
    await part(catalog, 'going', 'removing');
    await part(catalog, 'gone', 'removed');
    await catalog.createUpload(creation({ id: 'single', state: 'finished' }));
    for (const missing of ['going', 'gone', 'single', 'unknown']) {
      for (const parts of [[missing], ['open', missing], [missing, 'open']]) {
        const id = `f-${parts.join('-')}`;
        await catalog.createUpload(creation({ id, kind: 'final', parts }));
        assert.deepEqual(await catalog.beginJoin(id, NOW), { outcome: 'part-missing' }, id);
        assert.equal((await catalog.get(id))?.state, 'receiving');
      }
    }
  });

  promise('what is not a final upload that is to be joined is not joined', async (catalog) => {
    await part(catalog, 'p');
    const states = ['finished', 'removing', 'removed'] as const;
    for (const state of states) {
      await catalog.createUpload(creation({ id: state, kind: 'final', state, parts: ['p'] }));
    }
    const refused = { id: 'refused', kind: 'final', parts: ['p'], refusal: 'no' } as const;
    await catalog.createUpload(creation(refused));
    for (const id of [...states, 'refused', 'p', 'unknown']) {
      assert.deepEqual(await catalog.beginJoin(id, NOW), { outcome: 'over' }, id);
    }
  });

  promiseToMany('one process at a time joins', async (catalog, another) => {
    await part(catalog, 'p');
    await final(catalog, 'p');
    const start = await catalog.beginJoin('f', NOW);
    assert.ok(start.outcome === 'begun');
    const other = await another('daemon');
    await other.heartbeat(NOW, REPORT);
    const before = await everythingOf(catalog, 'f');
    assert.deepEqual(await other.beginJoin('f', NOW + 1), { outcome: 'leased' });
    assert.deepEqual(await everythingOf(catalog, 'f'), before);
    await catalog.release(start.lease);
    assert.equal((await other.beginJoin('f', NOW + 1)).outcome, 'begun');
  });

  promise('final uploads are found by their parts', async (catalog) => {
    const states = ['receiving', 'joining', 'finished', 'removing', 'removed'] as const;
    for (const state of states) {
      const parts = state === 'receiving' ? ['p', 'q', 'p'] : ['p'];
      await catalog.createUpload(creation({ id: state, kind: 'final', state, parts }));
    }
    const waiting = async (id: string) => (await catalog.finalsWaitingFor(id)).toSorted();
    assert.deepEqual(await waiting('p'), ['joining', 'receiving']);
    assert.deepEqual(await waiting('q'), ['receiving']);
    assert.deepEqual(await waiting('receiving'), []);
    const all = await catalog.finalsOf('p');
    assert.deepEqual(all.map(({ id }) => id).toSorted(), states.toSorted());
    for (const one of all) assert.deepEqual(one, await catalog.get(one.id));
    assert.deepEqual(await catalog.finalsOf('receiving'), []);
  });

  promise('what the parts of a final upload have received is summed', async (catalog) => {
    assert.equal(await catalog.hasParts(), false);
    const made = await final(catalog, 'p', 'q', 'p', 'gone');
    assert.equal(await catalog.hasParts(), true);
    assert.equal(await catalog.receivedOfParts(made), 0);
    await catalog.createUpload(creation({ id: 'p', kind: 'partial', offset: 3 }));
    await catalog.createUpload(creation({ id: 'q', kind: 'partial', offset: 5 }));
    assert.equal(await catalog.receivedOfParts(made), 11);
  });

  promise('a part alone is an upload in parts', async (catalog) => {
    await catalog.createUpload(creation());
    assert.equal(await catalog.hasParts(), false);
    await part(catalog, 'p');
    assert.equal(await catalog.hasParts(), true);
  });

  promise(
    'the last activity of an unfinished upload moves when it is touched, and of no other',
    async (catalog) => {
      for (const state of ['receiving', 'joining', 'finished', 'removing', 'removed'] as const) {
        const made = await catalog.createUpload(creation({ id: state, state }));
        await catalog.touch(state, NOW);
        const unfinished = state === 'receiving' || state === 'joining';
        const activeAt = unfinished ? NOW : made.activeAt;
        assert.deepEqual(await catalog.get(state), { ...made, activeAt }, state);
      }
      await catalog.touch('unknown', NOW);
    },
  );
}
