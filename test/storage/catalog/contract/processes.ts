import assert from 'node:assert/strict';
import { type Contract, creation, ending, everythingOf, NOW, REPORT } from './subject.ts';

/** How exactly a test tells the time by a clock that goes on meanwhile (milliseconds). */
const SPARE = 2_000;

export function processesContract({ promise, promiseToMany }: Contract): void {
  promiseToMany(
    'a lease is taken over once its process has been silent for long',
    async (catalog, another, { elapse, voidAfter }) => {
      const other = await another('command');
      const { lease } = await catalog.createLeased(creation());
      const still = NOW + voidAfter - SPARE;
      await elapse(voidAfter - SPARE);
      await other.heartbeat(still, REPORT);
      assert.equal(await other.isLeased('a', still), true);
      assert.equal((await other.beginAppend('a', still))?.lease, null);
      await elapse(SPARE);
      const taken = (await other.beginAppend('a', still + SPARE))?.lease;
      assert.ok(taken);
      const before = await everythingOf(catalog, 'a');
      assert.equal(await catalog.record(lease, ending({ offset: 9 })), false);
      assert.equal(await catalog.endAppend(lease, ending({ offset: 9 })), false);
      assert.equal(await catalog.finish(lease, { ...ending({}), deliveries: [] }), false);
      await catalog.progress([{ lease, activeAt: 9, received: { offset: 9, crc32: 9 } }]);
      await catalog.refuse(lease, { why: 'no', remembered: true, at: NOW });
      await catalog.release(lease);
      assert.deepEqual(await everythingOf(catalog, 'a'), before);
      assert.equal(await other.record(taken, ending({ offset: 1 })), true);
    },
  );

  promiseToMany(
    'which process writes an upload is known while it is alive',
    async (catalog, another) => {
      const other = await another('command');
      await catalog.heartbeat(NOW, { ...REPORT, pid: 11 });
      await other.heartbeat(NOW, { ...REPORT, pid: 22 });
      const { lease } = await catalog.createLeased(creation());
      await catalog.createUpload(creation({ id: 'b' }));
      assert.equal((await other.writerOf('a', NOW))?.pid, 11);
      assert.equal(await other.writerOf('b', NOW), null);
      assert.equal(await other.writerOf('none', NOW), null);
      await catalog.release(lease);
      assert.equal(await other.writerOf('a', NOW), null);
    },
  );

  promiseToMany(
    'heartbeats keep every lease of a process',
    async (catalog, another, { elapse, voidAfter }) => {
      const other = await another('command');
      for (const id of ['a', 'b']) await catalog.createLeased(creation({ id }));
      await elapse(voidAfter - SPARE);
      await catalog.heartbeat(NOW + voidAfter, REPORT);
      await elapse(SPARE);
      for (const id of ['a', 'b']) {
        assert.equal((await other.beginAppend(id, NOW + voidAfter + 1))?.lease, null);
      }
    },
  );

  promiseToMany(
    'a process that leaves takes its leases along, and only its own',
    async (catalog, another) => {
      const other = await another('command');
      await other.heartbeat(NOW, REPORT);
      await catalog.createLeased(creation());
      await other.createLeased(creation({ id: 'b' }));
      await catalog.leave();
      assert.equal(await other.isLeased('a', NOW), false);
      assert.equal(await catalog.isLeased('b', NOW), true);
      assert.ok((await other.beginAppend('a', NOW))?.lease);
    },
  );

  promiseToMany(
    'a daemon inherits what earlier ones held, and their leases are void',
    async (catalog, another, { elapse, voidAfter }) => {
      const command = await another('command');
      const { lease: kept } = await command.createLeased(creation({ id: 'kept' }));
      const { lease: old } = await catalog.createLeased(creation());
      await elapse(voidAfter);
      await command.heartbeat(NOW, REPORT);
      const next = await another('daemon');
      await next.heartbeat(NOW, REPORT);
      const { leases: inherited, ended } = await next.inheritLeases(NOW);
      assert.equal(ended, 1);
      assert.deepEqual(
        inherited.map(({ id, seq }) => [id, seq]),
        [['a', old.seq]],
      );
      assert.equal(await next.isLeased('a', NOW), true);
      const before = await everythingOf(next, 'a');
      assert.equal(await catalog.endAppend(old, ending({ offset: 9 })), false);
      assert.equal(await catalog.finish(old, { ...ending({}), deliveries: [] }), false);
      assert.deepEqual(await everythingOf(next, 'a'), before);
      assert.equal(await command.record(kept, ending({ offset: 1 })), true);
      await next.release(inherited[0]!);
      assert.equal(await next.isLeased('a', NOW), false);
    },
  );

  promiseToMany(
    'a start that is cut short leaves its inheritance to the next',
    async (catalog, another, { elapse, voidAfter }) => {
      await catalog.createLeased(creation());
      await elapse(voidAfter);
      const second = await another('daemon');
      await second.heartbeat(NOW, REPORT);
      await second.inheritLeases(NOW);
      await elapse(voidAfter);
      const third = await another('daemon');
      await third.heartbeat(NOW, REPORT);
      assert.deepEqual(
        (await third.inheritLeases(NOW)).leases.map(({ id }) => id),
        ['a'],
      );
    },
  );

  promise('a daemon does not inherit from itself', async (catalog) => {
    const { lease } = await catalog.createLeased(creation());
    assert.deepEqual(await catalog.inheritLeases(NOW), { leases: [], ended: 0 });
    assert.equal(await catalog.record(lease, ending({ offset: 1 })), true);
  });

  promise('where no daemon has been before there is nothing to inherit', async (catalog) => {
    assert.deepEqual(await catalog.inheritLeases(NOW), { leases: [], ended: 0 });
    const { lease } = await catalog.createLeased(creation());
    assert.equal(await catalog.record(lease, ending({ offset: 1 })), true);
  });

  promiseToMany('a lease that another process took is void', async (catalog, another) => {
    const other = await another('command');
    await other.heartbeat(NOW, REPORT);
    const { lease, record } = await catalog.createLeased(creation());
    const { lease: kept } = await catalog.createLeased(creation({ id: 'kept' }));
    assert.deepEqual(await catalog.voided([lease, kept]), []);
    const claim = { why: 'operator', bytes: 0, takeOver: true, deliveries: [], at: NOW } as const;
    assert.equal(await other.claimRemoval(record, claim), 'claimed');
    assert.deepEqual(await catalog.voided([lease, kept]), [lease]);
    assert.deepEqual(await catalog.voided([kept]), []);
    assert.deepEqual(await catalog.voided([]), []);
  });

  promiseToMany('processes that are alive tell about themselves', async (catalog, another) => {
    const other = await another('command');
    const later = { ...REPORT, pid: 8, startedAt: NOW + 1, receiving: 3 };
    await other.heartbeat(NOW, { ...later, receiving: 1 });
    await other.heartbeat(NOW, later);
    const [first, second, ...more] = await catalog.processes(NOW);
    assert.deepEqual(more, []);
    assert.deepEqual({ ...first, lag: 0 }, { ...REPORT, role: 'daemon', lag: 0 });
    assert.deepEqual({ ...second, lag: 0 }, { ...later, role: 'command', lag: 0 });
    await other.leave();
    assert.deepEqual(
      (await catalog.processes(NOW)).map(({ pid }) => pid),
      [REPORT.pid],
    );
  });

  promise('a slot of a schedule is claimed once, and none before it', async (catalog) => {
    assert.equal(await catalog.claimSlot('sweep', 5), true);
    for (const slot of [5, 4, -1]) assert.equal(await catalog.claimSlot('sweep', slot), false);
    assert.equal(await catalog.claimSlot('verify', 4), true);
    const claims = await Promise.all([6, 6, 6].map((slot) => catalog.claimSlot('sweep', slot)));
    assert.deepEqual(claims.toSorted(), [false, false, true]);
  });

  promiseToMany('of several processes one claims a slot', async (catalog, another) => {
    const other = await another('daemon');
    assert.equal(await other.claimSlot('sweep', 5), true);
    assert.equal(await catalog.claimSlot('sweep', 5), false);
    assert.equal(await catalog.claimSlot('sweep', 6), true);
  });

  promise('a note is what was noted last', async (catalog) => {
    assert.equal(await catalog.note('boot'), null);
    await catalog.setNote('boot', 'one');
    await catalog.setNote('boot', 'two\n\0"');
    assert.equal(await catalog.note('boot'), 'two\n\0"');
    assert.equal(await catalog.note('other'), null);
  });

  promiseToMany(
    'records and notes of one process are read by another',
    async (catalog, another) => {
      const other = await another('command');
      const made = await catalog.createUpload(creation());
      assert.deepEqual(await other.get('a'), made);
      await other.setNote('policy', 'x');
      assert.equal(await catalog.note('policy'), 'x');
    },
  );

  promise('what is there can be persisted, and is found to be in order', async (catalog) => {
    await catalog.createUpload(creation());
    await catalog.persist();
    assert.equal(await catalog.checkIntegrity(), 'ok');
  });
}
