import assert from 'node:assert/strict';
import type { Count } from '../../../../src/storage/model/counting.ts';
import { type Contract, creation, ending, NOW } from './subject.ts';

const NOTHING = { finished: 0, finishedOf: [], unfinished: [] };

export function countingContract({ promise, promiseToMany }: Contract): void {
  promise('counts add up by what is counted, bucket and subject', async (catalog) => {
    const sums = await catalog.count([
      bytes('a', 7, 100),
      bytes('a', 7, 20),
      bytes('b', 7, 3),
      bytes('a', 8, 4),
      { ...bytes('a', 7, 5), what: 'creations' },
    ]);
    assert.deepEqual(sums, [100, 120, 3, 4, 5]);
    assert.deepEqual(await catalog.count([bytes('a', 7, 1)]), [121]);
  });

  promise('an amount of 0 asks for the sum', async (catalog) => {
    await catalog.count([bytes('a', 7, 100)]);
    assert.deepEqual(await catalog.count([bytes('a', 7, 0), bytes('new', 7, 0)]), [100, 0]);
    assert.deepEqual(await catalog.count([]), []);
  });

  promise(
    'sums as large as a number can be are exact, and subjects are any text',
    async (catalog) => {
      const subject = `principal:O'Neil "%_\\ \u{1f600}`;
      const most = Number.MAX_SAFE_INTEGER;
      await catalog.count([bytes(subject, 1, most - 1)]);
      assert.deepEqual(await catalog.count([bytes(subject, 1, 1)]), [most]);
    },
  );

  promise('all counts can be read', async (catalog) => {
    assert.deepEqual(await catalog.allCounts(), []);
    const creations = { ...bytes('principal:a b', 7, 1), what: 'creations' } as const;
    await catalog.count([bytes('a', 7, 1), bytes('a', 7, 2), bytes('a', 8, 1), creations]);
    const counted = await catalog.allCounts();
    const lines = counted.map(({ what, bucket, subject, amount }) =>
      [what, bucket, subject, amount].join(),
    );
    const expected = ['bytes,7,a,3', 'bytes,8,a,1', 'creations,7,principal:a b,1'];
    assert.deepEqual(lines.toSorted(), expected);
  });

  promise('counts of old buckets are forgotten, and only of what was asked', async (catalog) => {
    const creations = { ...bytes('a', 7, 1), what: 'creations' } as const;
    await catalog.count([bytes('a', 7, 1), bytes('b', 7, 1), bytes('a', 8, 1), creations]);
    await catalog.forgetCounts('bytes', 8);
    const asked = [bytes('a', 7, 0), bytes('b', 7, 0), bytes('a', 8, 0)];
    assert.deepEqual(await catalog.count([...asked, { ...creations, amount: 0 }]), [0, 0, 1, 1]);
  });

  promiseToMany('processes count together', async (catalog, another) => {
    const other = await another('command');
    await catalog.count([bytes('a', 7, 100)]);
    assert.deepEqual(await other.count([bytes('a', 7, 20)]), [120]);
    assert.deepEqual(await catalog.count([bytes('a', 7, 0)]), [120]);
  });

  promise('unfinished uploads hold their length, others what they received', async (catalog) => {
    assert.deepEqual(await catalog.holdings(), NOTHING);
    await catalog.createUpload(creation({ id: 'announced', length: 50, offset: 10 }));
    const origin = { protocol: 'tus', address: '192.0.2.7', agent: null };
    await catalog.createUpload(creation({ id: 'deferred', length: null, offset: 7, origin }));
    const finished = { state: 'finished', length: 3, offset: 3, finishedAt: NOW } as const;
    await catalog.createFinished(creation({ id: 'whole', ...finished }));
    await catalog.createFinished(creation({ id: 'part', kind: 'partial', ...finished }));
    const { finished: bytesOfFinished, unfinished } = await catalog.holdings();
    assert.equal(bytesOfFinished, 6);
    const held = unfinished.toSorted((a, b) => a.id.localeCompare(b.id));
    assert.deepEqual(
      held.map(({ id, bytes }) => [id, bytes]),
      [
        ['announced', 50],
        ['deferred', 7],
      ],
    );
    assert.equal(held[1]!.address, '192.0.2.7');
  });

  promise('a finish moves what an upload holds, and a removal frees it', async (catalog) => {
    const { record, lease } = await catalog.createLeased(creation({ id: 'a', length: 9 }));
    assert.equal((await catalog.holdings()).unfinished.length, 1);
    await catalog.finish(lease, { ...ending({ offset: 9 }), deliveries: [] });
    const finishedOf = [{ owner: null, bytes: 9 }];
    assert.deepEqual(await catalog.holdings(), { ...NOTHING, finished: 9, finishedOf });
    const seen = (await catalog.get(record.id))!;
    await catalog.claimRemoval(seen, { why: 'terminated', bytes: 9, deliveries: [], at: NOW });
    assert.deepEqual(await catalog.holdings(), NOTHING);
  });

  promise('what finished uploads hold is summed up by owner', async (catalog) => {
    const finished = { state: 'finished', length: 3, offset: 3, finishedAt: NOW } as const;
    await catalog.createFinished(creation({ id: 'a', owner: 'alice', ...finished }));
    await catalog.createFinished(creation({ id: 'b', owner: 'alice', ...finished }));
    await catalog.createFinished(creation({ id: 'c', owner: '__proto__', ...finished }));
    await catalog.createFinished(creation({ id: 'd', ...finished }));
    await catalog.createUpload(creation({ id: 'e', owner: 'alice', length: 5 }));
    const { finishedOf, unfinished } = await catalog.holdings();
    const sums = new Map(finishedOf.map(({ owner, bytes }) => [owner, bytes]));
    assert.deepEqual([sums.get('alice'), sums.get('__proto__'), sums.size], [6, 3, 3]);
    assert.equal(sums.get(null), 3, 'the rest has no owner');
    assert.equal(unfinished[0]?.owner, 'alice');
  });
}

function bytes(subject: string, bucket: number, amount: number): Count {
  return { what: 'bytes', subject, bucket, amount };
}
