import assert from 'node:assert/strict';
import type { Catalog } from '../../../../src/storage/catalog/catalog.ts';
import type { RemovalClaim } from '../../../../src/storage/catalog/removal-claim.ts';
import { type Contract, creation, delivery, ending, everythingOf, NOW } from './subject.ts';

const CLAIM: RemovalClaim = {
  why: 'cleanup',
  bytes: 7,
  deliveries: [delivery('removed')],
  at: NOW + 2,
};

async function made(catalog: Catalog, change: Parameters<typeof creation>[0] = {}) {
  return catalog.createUpload(creation(change));
}

export function removingContract({ promise, promiseToMany }: Contract): void {
  promise(
    'a removal is claimed in any state that has bytes, and remembered with why',
    async (catalog) => {
      for (const state of ['receiving', 'joining', 'finished'] as const) {
        const seen = await made(catalog, { id: state, state, offset: 3 });
        assert.equal(await catalog.claimRemoval(seen, CLAIM), 'claimed', state);
        const { record, timeline, deliveries } = await everythingOf(catalog, state);
        assert.deepEqual(
          [record?.state, record?.removedAt, record?.removedWhy, record?.offset],
          ['removing', NOW + 2, 'cleanup', 3],
        );
        assert.deepEqual(timeline, [{ at: NOW + 2, event: 'removed', why: 'cleanup', bytes: 7 }]);
        assert.deepEqual(
          deliveries.map(({ event, createdAt }) => [event, createdAt]),
          [['removed', NOW + 2]],
        );
      }
    },
  );

  promise('a claim on what has changed since it was seen changes nothing', async (catalog) => {
    const seen = await made(catalog);
    const lease = (await catalog.beginAppend('a', NOW))!.lease!;
    const changes: [string, () => Promise<unknown>][] = [
      ['a byte came', () => catalog.progress([{ lease, activeAt: NOW + 1 }])],
      ['it finished', () => catalog.finish(lease, { ...ending({ activeAt: 1 }), deliveries: [] })],
    ];
    for (const [what, change] of changes) {
      await change();
      const before = await everythingOf(catalog, 'a');
      assert.equal(await catalog.claimRemoval(seen, CLAIM), 'changed', what);
      assert.deepEqual(await everythingOf(catalog, 'a'), before, what);
    }
  });

  promise('what is not there, or is claimed already, is not claimed', async (catalog) => {
    const seen = await made(catalog);
    assert.equal(await catalog.claimRemoval({ ...seen, id: 'b' }, CLAIM), 'changed');
    const claims = await Promise.all([0, 1].map(() => catalog.claimRemoval(seen, CLAIM)));
    assert.deepEqual(claims.toSorted(), ['changed', 'claimed']);
    const now = (await catalog.get('a'))!;
    assert.equal(await catalog.claimRemoval(now, CLAIM), 'changed');
    await catalog.removalDone('a');
    assert.equal(await catalog.claimRemoval((await catalog.get('a'))!, CLAIM), 'changed');
    assert.equal((await catalog.outbox.list({ upload: 'a' })).length, 1);
  });

  promise(
    'a claim is for the upload that was seen, and not for a later one of its id',
    async (catalog) => {
      await made(catalog, { id: 'first' });
      const seen = await made(catalog);
      await made(catalog, { id: 'last' });
      await catalog.claimRemoval(seen, CLAIM);
      await catalog.removalDone('a');
      assert.equal(await catalog.forget(CLAIM.at, 9), 1);
      await made(catalog);
      assert.equal(await catalog.claimRemoval(seen, CLAIM), 'changed');
      assert.equal((await catalog.get('a'))?.state, 'receiving');
    },
  );

  promise(
    'a claim ends the lease of the same process, which then changes nothing',
    async (catalog) => {
      const { record, lease } = await catalog.createLeased(creation());
      assert.equal(await catalog.claimRemoval(record, CLAIM), 'claimed');
      assert.equal(await catalog.isLeased('a', NOW), false);
      const before = await everythingOf(catalog, 'a');
      assert.equal(await catalog.endAppend(lease, ending({ offset: 9 })), false);
      assert.equal(await catalog.finish(lease, { ...ending({}), deliveries: [] }), false);
      await catalog.progress([{ lease, activeAt: NOW, received: { offset: 9, crc32: 1 } }]);
      assert.deepEqual(await everythingOf(catalog, 'a'), before);
    },
  );

  promiseToMany(
    'what another process writes is not claimed while that is alive',
    async (catalog, another) => {
      const other = await another('command');
      const { record, lease } = await catalog.createLeased(creation());
      const before = await everythingOf(catalog, 'a');
      assert.equal(await other.claimRemoval(record, CLAIM), 'leased');
      assert.deepEqual(await everythingOf(catalog, 'a'), before);
      await catalog.release(lease);
      assert.equal(await other.claimRemoval(record, CLAIM), 'claimed');
    },
  );

  promiseToMany(
    'the lease of a process that is gone protects nothing',
    async (catalog, another, { elapse }) => {
      const { record, lease } = await catalog.createLeased(creation());
      await elapse(3_600_000);
      const later = { ...CLAIM, at: NOW + 3_600_000 };
      assert.equal(await (await another('command')).claimRemoval(record, later), 'claimed');
      assert.equal(await catalog.endAppend(lease, ending({ offset: 9 })), false);
      assert.equal((await catalog.get('a'))?.offset, 0);
    },
  );

  promiseToMany(
    'a claim that takes over voids the lease of a process that is alive',
    async (catalog, another) => {
      const { record, lease } = await catalog.createLeased(creation());
      const claim = { ...CLAIM, takeOver: true };
      assert.equal(await (await another('command')).claimRemoval(record, claim), 'claimed');
      assert.deepEqual(await catalog.progress([{ lease, activeAt: NOW }]), [lease]);
      assert.equal(await catalog.endAppend(lease, ending({ offset: 9 })), false);
      assert.equal((await catalog.get('a'))?.offset, 0);
    },
  );

  promise(
    'a part is kept for as long as a final upload that is not joined needs it',
    async (catalog) => {
      const part = await made(catalog, { id: 'p', kind: 'partial', state: 'finished' });
      const waiting = await made(catalog, { id: 'w', kind: 'final', parts: ['p', 'p'] });
      const joining = await made(catalog, {
        id: 'j',
        kind: 'final',
        state: 'joining',
        parts: ['p'],
      });
      for (const final of [waiting, joining]) {
        const before = await everythingOf(catalog, 'p');
        assert.equal(await catalog.claimRemoval(part, CLAIM), 'needed');
        assert.deepEqual(await everythingOf(catalog, 'p'), before);
        assert.equal(await catalog.claimRemoval(final, CLAIM), 'claimed');
      }
      assert.equal(await catalog.claimRemoval(part, CLAIM), 'claimed');
    },
  );

  promise('a removal is done once it was claimed, and only then', async (catalog) => {
    const seen = await made(catalog);
    for (const id of ['a', 'unknown']) await catalog.removalDone(id);
    assert.equal((await catalog.get('a'))?.state, 'receiving');
    await catalog.claimRemoval(seen, CLAIM);
    assert.deepEqual(await catalog.unfinishedRemovals(), [await catalog.get('a')]);
    await catalog.removalDone('a');
    await catalog.removalDone('a');
    assert.equal((await catalog.get('a'))?.state, 'removed');
    assert.deepEqual(await catalog.unfinishedRemovals(), []);
  });

  promise(
    'memories are forgotten in time, some at a time, and nothing else is',
    async (catalog) => {
      const removed = async (id: string, at: number, done = true) => {
        const seen = await made(catalog, { id, kind: 'final', parts: ['p'] });
        await catalog.claimRemoval(seen, { ...CLAIM, at });
        if (done) await catalog.removalDone(id);
        return (await catalog.get(id))!;
      };
      const old = await removed('old', NOW);
      for (const id of ['old2', 'old3']) await removed(id, NOW);
      await removed('young', NOW + 1);
      await removed('claimed', NOW, false);
      await made(catalog, { id: 'there' });
      assert.equal(await catalog.forget(NOW - 1, 10), 0);
      assert.equal(await catalog.forget(NOW, 2), 2);
      assert.equal(await catalog.forget(NOW, 2), 1);
      assert.equal(await catalog.forget(NOW, 2), 0);
      for (const id of ['old', 'old2', 'old3']) assert.equal(await catalog.get(id), undefined, id);
      for (const id of ['young', 'claimed', 'there']) assert.ok(await catalog.get(id), id);
      assert.deepEqual(await catalog.timeline(old), []);
      const finals = (await catalog.finalsOf('p')).map(({ id }) => id).toSorted();
      assert.deepEqual(finals, ['claimed', 'young']);
    },
  );

  promise(
    'an upload that was made again under a forgotten id begins with nothing',
    async (catalog) => {
      const seen = await made(catalog);
      await catalog.claimRemoval(seen, CLAIM);
      await catalog.removalDone('a');
      await catalog.forget(CLAIM.at, 1);
      const again = await made(catalog);
      assert.ok(again.seq > seen.seq);
      assert.deepEqual(await catalog.timeline(again), []);
      assert.deepEqual(await catalog.timeline(seen), []);
    },
  );

  promise(
    'a number is not used again, whatever is forgotten in whatever order',
    async (catalog) => {
      const remove = async (id: string, at: number) => {
        await catalog.claimRemoval((await catalog.get(id))!, { ...CLAIM, at });
        await catalog.removalDone(id);
      };
      const [first, second, third] = [
        await made(catalog, { id: 'first' }),
        await made(catalog, { id: 'second' }),
        await made(catalog, { id: 'third' }),
      ];
      await remove('third', NOW);
      assert.equal(await catalog.forget(NOW, 9), 1);
      await remove('second', NOW + 1);
      assert.equal(await catalog.forget(NOW + 1, 9), 1);
      const fourth = await made(catalog, { id: 'fourth' });
      await remove('fourth', NOW + 2);
      await remove('first', NOW + 2);
      assert.equal(await catalog.forget(NOW + 2, 9), 2);
      const numbers = [first, second, third, fourth, await made(catalog, { id: 'fifth' })];
      for (const [index, { seq }] of numbers.slice(1).entries())
        assert.ok(seq > numbers[index]!.seq);
    },
  );

  promise('as many memories are forgotten as the limit allows, and no more', async (catalog) => {
    for (let count = 0; count < 205; count++) {
      const seen = await made(catalog, { id: `r${count}` });
      await catalog.claimRemoval(seen, CLAIM);
      await catalog.removalDone(seen.id);
    }
    assert.equal(await catalog.forget(CLAIM.at, 0), 0);
    assert.equal(await catalog.forget(CLAIM.at, 150), 150);
    assert.equal(await catalog.forget(CLAIM.at, 150), 55);
  });
}
