import assert from 'node:assert/strict';
import type { Catalog } from '../../../../src/storage/catalog/catalog.ts';
import type { ListQuery, ListSort } from '../../../../src/storage/model/list-query.ts';
import type { RecordState, UploadRecord } from '../../../../src/storage/model/upload.ts';
import { type Contract, collect, creation, NOW } from './subject.ts';

const STATES: readonly RecordState[] = ['receiving', 'joining', 'finished', 'removing', 'removed'];

async function make(catalog: Catalog, ...changes: Partial<UploadRecord>[]): Promise<void> {
  for (const change of changes) await catalog.createUpload(creation(change));
}

async function listed(catalog: Catalog, query: ListQuery = {}): Promise<string[]> {
  return (await collect(catalog.list(query))).flat().map(({ id }) => id);
}

/** One upload of each state, named by it. */
async function makeOneOfEach(catalog: Catalog): Promise<void> {
  for (const state of STATES) {
    await make(catalog, { id: state, state, finishedAt: state === 'finished' ? NOW : null });
  }
}

export function readingContract({ promise }: Contract): void {
  promise('a list has what was not removed, or the states that were asked for', async (catalog) => {
    await makeOneOfEach(catalog);
    assert.deepEqual(await listed(catalog), ['removing', 'finished', 'joining', 'receiving']);
    assert.deepEqual(await listed(catalog, { states: ['removed', 'joining'] }), [
      'removed',
      'joining',
    ]);
    assert.deepEqual(await listed(catalog, { states: [] }), []);
  });

  promise('an owner is kept, and lists and totals can be those of one owner', async (catalog) => {
    assert.equal(await catalog.hasOwners(), false);
    await make(catalog, { id: 'nobody', length: 1, offset: 1 });
    await make(catalog, { id: 'a', owner: 'alice', offset: 2, activeAt: 1 });
    await make(catalog, { id: 'b', owner: '__proto__', offset: 4 });
    await make(catalog, { id: 'c', owner: 'alice', offset: 8, activeAt: 2, state: 'finished' });
    assert.equal((await catalog.get('a'))?.owner, 'alice');
    assert.equal((await catalog.get('nobody'))?.owner, null);
    assert.equal(await catalog.hasOwners(), true);
    assert.deepEqual(await listed(catalog, { owner: 'alice' }), ['c', 'a']);
    assert.deepEqual(await listed(catalog, { owner: 'alice', reverse: true, limit: 1 }), ['a']);
    assert.deepEqual(await listed(catalog, { owner: 'alice', sort: 'active' }), ['c', 'a']);
    assert.deepEqual(await listed(catalog, { owner: 'alice', states: ['finished'] }), ['c']);
    assert.deepEqual(await listed(catalog, { owner: '__proto__', foldParts: true }), ['b']);
    assert.deepEqual(await listed(catalog, { owner: 'carol' }), []);
    const at = { now: NOW, idleSince: null, finishedBefore: null };
    const bytes = async (owner?: string) =>
      (await catalog.statusTotals(at, owner)).reduce((sum, one) => sum + one.bytes, 0);
    assert.deepEqual(await Promise.all([bytes('alice'), bytes('carol'), bytes()]), [10, 0, 15]);
  });

  promise(
    'a list is sorted in either direction, equals in the order of their creation',
    async (catalog) => {
      await make(
        catalog,
        { id: 'a', activeAt: 3, length: 5, name: 'beta' },
        { id: 'b', activeAt: 1, length: null, offset: 9, name: 'Alpha' },
        { id: 'c', activeAt: 3, length: 5, name: 'alpha' },
        { id: 'd', activeAt: 2, length: 1, offset: 1, name: null },
      );
      const orders: Record<ListSort, string> = {
        created: 'dcba',
        active: 'cadb',
        size: 'bcad',
        name: 'dbca',
      };
      for (const [sort, order] of Object.entries(orders) as [ListSort, string][]) {
        assert.equal((await listed(catalog, { sort })).join(''), order, sort);
        const reversed = await listed(catalog, { sort, reverse: true });
        assert.equal(reversed.toReversed().join(''), order, `${sort}, reversed`);
        assert.equal((await listed(catalog, { sort, limit: 3 })).join(''), order.slice(0, 3));
        assert.deepEqual(await listed(catalog, { sort, limit: 0 }), []);
      }
    },
  );

  promise('a list may leave out parts whose final upload is there', async (catalog) => {
    const partial = { kind: 'partial', state: 'finished' } as const;
    await make(
      catalog,
      { id: 'in', ...partial },
      { id: 'alone', ...partial },
      { id: 'orphaned', ...partial },
      { id: 'removing', ...partial, state: 'removing' },
      { id: 'final', kind: 'final', parts: ['in', 'in', 'removing'] },
      { id: 'gone', kind: 'final', state: 'removed', parts: ['orphaned'] },
    );
    for (const sort of ['created', 'active'] as const) {
      const folded = await listed(catalog, { sort, foldParts: true });
      assert.deepEqual(folded, ['final', 'removing', 'orphaned', 'alone']);
      assert.deepEqual((await listed(catalog, { sort })).length, 5);
    }
  });

  promise('a list of several pages has each upload once', async (catalog) => {
    const ids = Array.from({ length: 1_001 }, (_, count) => `u${count}`);
    const records = await Promise.all(ids.map((id) => catalog.createFinished(creation({ id }))));
    const made = records.toSorted((a, b) => a.seq - b.seq).map(({ id }) => id);
    for (const sort of ['created', 'active'] as const) {
      assert.deepEqual(await listed(catalog, { sort, reverse: true }), made);
      const newest = made.toReversed().slice(0, 501);
      assert.deepEqual(await listed(catalog, { sort, limit: 501 }), newest);
    }
    const stored = (await collect(catalog.stored())).flat().map(({ id }) => id);
    assert.deepEqual(new Set(stored), new Set(ids));
    assert.equal(stored.length, ids.length);
  });

  promise(
    'units of work go on while a list is read slowly, and each page is whole',
    async (catalog) => {
      const made: string[] = [];
      for (let count = 0; count < 600; count++) made.push(`u${count}`);
      await Promise.all(
        made.map((id) => catalog.createFinished(creation({ id, state: 'removed', removedAt: 1 }))),
      );
      for (const sort of ['created', 'name'] as const) {
        const pages = catalog.list({ states: ['removed'], sort })[Symbol.asyncIterator]();
        const first = await pages.next();
        assert.ok(!first.done && first.value.length > 0);
        const left = 600 - first.value.length;
        await catalog.createUpload(creation({ id: `late-${sort}` }));
        let rest = 0;
        for (let page = await pages.next(); !page.done; page = await pages.next())
          rest += page.value.length;
        assert.equal(rest, left);
      }
    },
  );

  promise('a policy finds what it may remove by kind and time', async (catalog) => {
    const finished = { state: 'finished', finishedAt: 20, activeAt: 1 } as const;
    await make(
      catalog,
      { id: 'idle', activeAt: 10 },
      { id: 'joining', kind: 'final', state: 'joining', activeAt: 10 },
      { id: 'busy', activeAt: 11 },
      { id: 'part', kind: 'partial', ...finished, activeAt: 10 },
      { id: 'busy-part', kind: 'partial', ...finished, activeAt: 11 },
      { id: 'file', ...finished },
      { id: 'joined', kind: 'final', ...finished },
      { id: 'young', ...finished, finishedAt: 21 },
      { id: 'removing', state: 'removing', activeAt: 1, expiresAt: 1 },
      { id: 'removed', state: 'removed', activeAt: 1, expiresAt: 1 },
      { id: 'own-end', ...finished, finishedAt: 21, expiresAt: 100 },
      { id: 'later', ...finished, finishedAt: 21, expiresAt: 101 },
    );
    const ids = async (idleSince: number | null, finishedBefore: number | null) => {
      const found = await collect(catalog.condemnable({ now: 100, idleSince, finishedBefore }));
      return found.map(({ id }) => id).toSorted();
    };
    const always = 'own-end';
    assert.deepEqual(await ids(null, null), [always]);
    assert.deepEqual(await ids(10, null), ['idle', 'joining', always, 'part']);
    assert.deepEqual(await ids(null, 20), ['file', 'joined', always]);
    const all = ['file', 'idle', 'joined', 'joining', 'later', always, 'part', 'young'];
    assert.deepEqual(await ids(10, 21), all);
  });

  promise('what a policy may remove is read when its turn comes', async (catalog) => {
    await make(catalog, { id: 'a', activeAt: 1 }, { id: 'b', activeAt: 1 });
    const seen: [string, number][] = [];
    for await (const { id, activeAt } of catalog.condemnable({
      now: 1,
      idleSince: 1,
      finishedBefore: null,
    })) {
      seen.push([id, activeAt]);
      await catalog.touch(id === 'a' ? 'b' : 'a', NOW);
    }
    assert.deepEqual(seen.map(([, activeAt]) => activeAt).toSorted(), [1, NOW]);
  });

  promise('unfinished uploads, and those of them that have all their bytes', async (catalog) => {
    await makeOneOfEach(catalog);
    await make(
      catalog,
      { id: 'complete', offset: 10 },
      { id: 'refused', offset: 10, refusal: 'no' },
      { id: 'endless', length: null },
      { id: 'waiting', kind: 'final', length: null },
      { id: 'gone', offset: 10, state: 'removing' },
    );
    const unfinished = ['complete', 'endless', 'joining', 'receiving', 'refused', 'waiting'];
    assert.deepEqual((await catalog.unfinished()).toSorted(), unfinished);
    assert.deepEqual((await catalog.unfinishedButComplete()).toSorted(), ['complete', 'waiting']);
  });

  promise('records that should have bytes, and names that are known', async (catalog) => {
    await makeOneOfEach(catalog);
    const stored = (await collect(catalog.stored())).flat();
    assert.deepEqual(stored.map(({ id }) => id).toSorted(), ['finished', 'joining', 'receiving']);
    assert.equal(stored.find(({ id }) => id === 'finished')?.activeAt, 1);
    const known = await catalog.known([...STATES, 'unknown', "'; --", 'receiving']);
    assert.deepEqual([...known].toSorted(), ['finished', 'joining', 'receiving', 'removing']);
    assert.deepEqual([...(await catalog.known([]))], []);
  });

  promise('ids are found by how they begin, in order', async (catalog) => {
    await make(catalog, ...['ab', 'b', 'abc', 'aa', 'ab%'].map((id) => ({ id })));
    await make(catalog, { id: 'abd', state: 'removed' });
    assert.deepEqual(await catalog.idsBeginningWith('ab', 9), ['ab', 'ab%', 'abc', 'abd']);
    assert.deepEqual(await catalog.idsBeginningWith('ab', 2), ['ab', 'ab%']);
    assert.deepEqual(await catalog.idsBeginningWith('', 2), ['aa', 'ab']);
    assert.deepEqual(await catalog.idsBeginningWith('%', 9), []);
  });

  promise('totals count uploads and bytes of each state', async (catalog) => {
    assert.deepEqual(await catalog.totals(), []);
    await makeOneOfEach(catalog);
    await make(catalog, { id: 'x', offset: 4 }, { id: 'y', offset: 5 });
    const totals = await catalog.totals();
    assert.deepEqual(
      totals.map(({ state, count, bytes }) => [state, count, bytes]).toSorted(),
      STATES.map((state) => [
        state,
        state === 'receiving' ? 3 : 1,
        state === 'receiving' ? 9 : 0,
      ]).toSorted(),
    );
  });
}
