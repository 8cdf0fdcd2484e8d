import assert from 'node:assert/strict';
import type { Catalog, Lease } from '../../../../src/storage/catalog/catalog.ts';
import { faultOf } from '../../../support/fault-of.ts';
import { CALLER } from '../../support/caller.ts';
import { draftRecord } from '../../support/records.ts';
import { type Contract, creation, delivery, ending, everythingOf, NOW, REPORT } from './subject.ts';

const { origin } = CALLER;
const CREATED = { event: 'created', origin } as const;

async function leaseOf(catalog: Catalog, id = 'a'): Promise<Lease> {
  const lease = (await catalog.beginAppend(id, NOW))?.lease;
  assert.ok(lease, 'the lease was not taken');
  return lease;
}

/** Every unit of work that takes a lease, and whether it says that it did something. */
const FENCED: Readonly<Record<string, (catalog: Catalog, lease: Lease) => Promise<unknown>>> = {
  record: (catalog, lease) => catalog.record(lease, ending({ offset: 9 }, CREATED)),
  progress: async (catalog, lease) => {
    const received = { offset: 9, crc32: 9 };
    const over = await catalog.progress([{ lease, activeAt: NOW + 9, received }]);
    assert.deepEqual(over, [lease], 'progress tells which leases are void');
    return false;
  },
  endAppend: (catalog, lease) => catalog.endAppend(lease, ending({ offset: 9 }, CREATED)),
  finish: (catalog, lease) =>
    catalog.finish(lease, {
      ...ending({ offset: 9 }, CREATED),
      deliveries: [delivery('finished')],
    }),
  refuse: (catalog, lease) => catalog.refuse(lease, { why: 'no', remembered: true, at: NOW }),
  release: (catalog, lease) => catalog.release(lease),
};

/** Asserts that no unit of work changes anything with this lease, nor ends the lease of another. */
async function assertVoid(catalog: Catalog, lease: Lease, why: string): Promise<void> {
  const before = await everythingOf(catalog, lease.id);
  const leased = await catalog.isLeased(lease.id, NOW);
  for (const [name, unit] of Object.entries(FENCED)) {
    assert.ok(!(await unit(catalog, lease)), `${name} with a lease that ${why}`);
    assert.deepEqual(await everythingOf(catalog, lease.id), before, `${name}: ${why}`);
    assert.equal(await catalog.isLeased(lease.id, NOW), leased, `${name}: ${why}`);
  }
}

export function writingContract({ promise, promiseToMany }: Contract): void {
  promise(
    'a record comes back as it was put in, with its timeline and deliveries',
    async (catalog) => {
      const full = draftRecord({
        kind: 'final',
        state: 'finished',
        length: Number.MAX_SAFE_INTEGER,
        offset: Number.MAX_SAFE_INTEGER - 1,
        uncommittedFrom: 5,
        crc32: 0xffffffff,
        metadata: 'filename YQ==,bin /w==',
        name: '\u202etxt.exe',
        parts: ['x', 'y', 'x'],
        protocolData: 'final;/uploads/files/x',
        finishedAt: NOW,
        removedAt: NOW,
        removedWhy: 'expired',
        refusal: 'no',
      });
      for (const [id, create] of [
        ['plain', (one) => catalog.createUpload(one)],
        ['leased', async (one) => (await catalog.createLeased(one)).record],
        ['finished', (one) => catalog.createFinished(one)],
      ] as const satisfies [string, (one: ReturnType<typeof creation>) => Promise<unknown>][]) {
        const more = { timeline: [CREATED], deliveries: [delivery('created')] };
        const made = await create(creation({ ...full, id }, more));
        const { record, timeline, deliveries } = await everythingOf(catalog, id);
        assert.deepEqual(record, made);
        const { seq, ...rest } = record!;
        assert.ok(Number.isSafeInteger(seq));
        assert.deepEqual(rest, { ...full, id });
        assert.deepEqual(timeline, [{ at: NOW, ...CREATED }]);
        assert.deepEqual(
          deliveries.map(({ event, hook, createdAt }) => ({ event, hook, createdAt })),
          [{ event: 'created', hook: 'app', createdAt: NOW }],
        );
        assert.equal(await catalog.isLeased(id, NOW), id === 'leased');
      }
      assert.equal(await catalog.get('unknown'), undefined);
    },
  );

  promise(
    'an id that was used before is refused, and nothing of the attempt stays',
    async (catalog) => {
      await catalog.createUpload(creation({ length: 10 }, { timeline: [CREATED] }));
      const before = await everythingOf(catalog, 'a');
      const again = creation(
        { length: 99 },
        { timeline: [CREATED], deliveries: [delivery('created')] },
      );
      for (const attempt of [
        () => catalog.createUpload(again),
        () => catalog.createLeased(again),
        () => catalog.createFinished(again),
      ]) {
        assert.equal((await faultOf(attempt())).code, 'CONFLICT');
      }
      assert.deepEqual(await everythingOf(catalog, 'a'), before);
      assert.equal(await catalog.isLeased('a', NOW), false);
    },
  );

  promise('an id stays taken for as long as its removal is remembered', async (catalog) => {
    const seen = await catalog.createUpload(creation());
    await catalog.claimRemoval(seen, { why: 'terminated', bytes: 0, deliveries: [], at: NOW });
    assert.equal((await faultOf(catalog.createUpload(creation()))).code, 'CONFLICT');
    await catalog.removalDone('a');
    assert.equal((await faultOf(catalog.createUpload(creation()))).code, 'CONFLICT');
    assert.equal(await catalog.forget(NOW, 10), 1);
    await catalog.createUpload(creation());
  });

  promise('creations of one moment do not fail with one another', async (catalog) => {
    const made = await Promise.allSettled(
      ['a', 'b', 'a', 'c'].map((id) => catalog.createFinished(creation({ id }))),
    );
    assert.deepEqual(made.map(({ status }) => status).toSorted(), [
      'fulfilled',
      'fulfilled',
      'fulfilled',
      'rejected',
    ]);
    for (const id of ['a', 'b', 'c']) assert.ok(await catalog.get(id));
  });

  promise('the numbers of uploads rise with their creation', async (catalog) => {
    const seqs = [];
    for (const id of ['b', 'a', 'c']) seqs.push((await catalog.createUpload(creation({ id }))).seq);
    assert.deepEqual(
      seqs,
      seqs.toSorted((a, b) => a - b),
    );
    assert.equal(new Set(seqs).size, 3);
  });

  promise('only an upload that takes bytes is leased for an append', async (catalog) => {
    assert.equal(await catalog.beginAppend('unknown', NOW), undefined);
    await catalog.createUpload(creation({ id: 'part', kind: 'partial' }));
    assert.equal((await leaseOf(catalog, 'part')).id, 'part');
    assert.equal(await catalog.isLeased('part', NOW), true);
    await catalog.createUpload(creation({ id: 'final', kind: 'final' }));
    for (const state of ['joining', 'finished', 'removing', 'removed'] as const) {
      await catalog.createUpload(creation({ id: state, state }));
    }
    for (const id of ['final', 'joining', 'finished', 'removing', 'removed']) {
      const held = await catalog.beginAppend(id, NOW);
      assert.equal(held?.lease, null, id);
      assert.deepEqual(held?.record, await catalog.get(id));
      assert.equal(await catalog.isLeased(id, NOW), false, id);
    }
  });

  promise('a lease that the same process took anew is another one', async (catalog) => {
    await catalog.createUpload(creation());
    const [first, second] = [await leaseOf(catalog), await leaseOf(catalog)];
    assert.notEqual(first.epoch, second.epoch);
    await assertVoid(catalog, first, 'was taken anew');
    assert.equal(await catalog.record(second, ending({ offset: 3 })), true);
    assert.equal((await catalog.get('a'))?.offset, 3);
  });

  promise('a lease that was dropped changes nothing', async (catalog) => {
    for (const [id, drop] of Object.entries({
      release: (lease: Lease) => catalog.release(lease),
      endAppend: (lease: Lease) => catalog.endAppend(lease, ending({})),
      finish: (lease: Lease) => catalog.finish(lease, { ...ending({}), deliveries: [] }),
      refuse: (lease: Lease) => catalog.refuse(lease, { why: 'no', remembered: false, at: NOW }),
      leave: () => catalog.leave(),
    })) {
      await catalog.heartbeat(NOW, REPORT);
      const { lease } = await catalog.createLeased(creation({ id }));
      assert.equal(await catalog.isLeased(id, NOW), true);
      await drop(lease);
      assert.equal(await catalog.isLeased(id, NOW), false, id);
      await assertVoid(catalog, lease, `was dropped by ${id}`);
    }
  });

  promise(
    'what a request has changed is recorded, and keeps its lease until it ends',
    async (catalog) => {
      const { lease } = await catalog.createLeased(creation({ length: null }));
      const declared = { event: 'length-declared', length: 9 } as const;
      const change = { length: 9, uncommittedFrom: 4, crc32: 7, activeAt: NOW + 5 };
      assert.equal(await catalog.record(lease, ending(change, declared)), true);
      const { record, timeline } = await everythingOf(catalog, 'a');
      assert.deepEqual({ ...record, ...change }, record);
      assert.deepEqual(timeline, [{ at: NOW + 1, ...declared }]);
      assert.equal(await catalog.isLeased('a', NOW), true);
      const last = { offset: 9, uncommittedFrom: null };
      assert.equal(await catalog.endAppend(lease, ending(last)), true);
      assert.deepEqual({ ...(await catalog.get('a')), ...last }, await catalog.get('a'));
      assert.equal(await catalog.isLeased('a', NOW), false);
    },
  );

  promise(
    'progress is recorded for all who run, and never moves an offset back',
    async (catalog) => {
      const leases = new Map<string, Lease>();
      for (const id of ['late', 'runs', 'quiet']) {
        leases.set(id, (await catalog.createLeased(creation({ id, offset: 5 }))).lease);
      }
      const over = await catalog.progress([
        { lease: leases.get('late')!, activeAt: NOW + 1, received: { offset: 4, crc32: 4 } },
        { lease: leases.get('runs')!, activeAt: NOW + 2, received: { offset: 6, crc32: 6 } },
        { lease: leases.get('quiet')!, activeAt: NOW + 3 },
      ]);
      assert.deepEqual(over, []);
      const seen = async (id: string) => {
        const record = (await catalog.get(id))!;
        return [record.offset, record.crc32, record.activeAt];
      };
      assert.deepEqual(await seen('late'), [5, 0, 1]);
      assert.deepEqual(await seen('runs'), [6, 6, NOW + 2]);
      assert.deepEqual(await seen('quiet'), [5, 0, NOW + 3]);
    },
  );

  promise('an upload finishes once, with its timeline and deliveries', async (catalog) => {
    const { lease } = await catalog.createLeased(creation({ refusal: 'not yet' }));
    const rejected = { event: 'rejected', why: 'first', origin } as const;
    const finish = { ...ending({ offset: 10 }, rejected), deliveries: [delivery('finished')] };
    const outcomes = await Promise.all([
      catalog.finish(lease, finish),
      catalog.finish(lease, finish),
    ]);
    assert.deepEqual(outcomes.toSorted(), [false, true]);
    const { record, timeline, deliveries } = await everythingOf(catalog, 'a');
    const { state, offset, finishedAt, refusal } = record!;
    assert.deepEqual([state, offset, finishedAt, refusal], ['finished', 10, NOW + 1, null]);
    assert.deepEqual(timeline, [
      { at: NOW + 1, ...rejected },
      { at: NOW + 1, event: 'finished' },
    ]);
    assert.deepEqual(
      deliveries.map(({ event }) => event),
      ['finished'],
    );
  });

  promise(
    'a refusal is in the timeline, and kept only when it is to be remembered',
    async (catalog) => {
      for (const remembered of [true, false]) {
        const id = String(remembered);
        const { lease } = await catalog.createLeased(creation({ id }));
        assert.equal(await catalog.refuse(lease, { why: 'a virus', remembered, at: NOW }), true);
        const { record, timeline } = await everythingOf(catalog, id);
        assert.deepEqual(
          [record?.state, record?.refusal],
          ['receiving', remembered ? 'a virus' : null],
        );
        assert.deepEqual(timeline, [{ at: NOW, event: 'refused', why: 'a virus' }]);
      }
    },
  );

  promiseToMany('what another process writes is not leased', async (catalog, another) => {
    const other = await another('command');
    await other.heartbeat(NOW, REPORT);
    const { lease } = await catalog.createLeased(creation());
    assert.equal((await other.beginAppend('a', NOW))?.lease, null);
    assert.equal(await other.isLeased('a', NOW), true);
    await catalog.release(lease);
    assert.ok((await other.beginAppend('a', NOW))?.lease);
    assert.equal((await catalog.beginAppend('a', NOW))?.lease, null);
  });
}
