import assert from 'node:assert/strict';
import type { Catalog } from '../../../../src/storage/catalog/catalog.ts';
import type {
  NewPlacement,
  PlacementOutcome,
  PlacementQuery,
} from '../../../../src/storage/model/placement.ts';
import { type Contract, collect, creation, delivery, NOW } from './subject.ts';

const COPY: NewPlacement = { rule: 'copy', last: false };
const MOVE: NewPlacement = { rule: 'move', last: true };
const MOVED_TO = { path: '/in/a', root: '/in', size: 10, mtimeMs: 5.25, ino: 7 };
const FAILED: PlacementOutcome = { state: 'pending', error: 'disk full', nextAt: NOW + 50 };

function placed(
  path: string,
  change: Partial<Extract<PlacementOutcome, { state: 'placed' }>> = {},
) {
  return { state: 'placed', path, movedTo: null, deliveries: [], ...change } as const;
}

async function finished(catalog: Catalog, id: string, ...placements: NewPlacement[]) {
  const record = { id, state: 'finished', offset: 10, finishedAt: NOW } as const;
  return catalog.createFinished(creation(record, { placements }));
}

async function rulesDue(catalog: Catalog, at = NOW) {
  return (await catalog.placements.due(at, 10)).map(({ upload, rule }) => `${upload} ${rule}`);
}

/** What the catalog promises of placements. */
export function placingContract({ promise, promiseToMany }: Contract): void {
  promise(
    'the unit that finishes an upload adds its placements, and no other does',
    async (catalog) => {
      await finished(catalog, 'small', COPY);
      const { lease } = await catalog.createLeased(creation({ id: 'large' }));
      assert.deepEqual(await rulesDue(catalog), ['small copy']);
      const ending = { change: { offset: 10 }, timeline: [], deliveries: [], at: NOW + 1 };
      assert.ok(await catalog.finish(lease, { ...ending, placements: [MOVE] }));
      assert.equal(await catalog.finish(lease, { ...ending, placements: [COPY] }), false);
      assert.deepEqual(await rulesDue(catalog), ['small copy']);
      assert.deepEqual(await rulesDue(catalog, NOW + 1), ['small copy', 'large move']);
      assert.equal(await catalog.placements.nextDueAt(), NOW);
    },
  );

  promise(
    'a last placement waits until no earlier one of its upload is pending',
    async (catalog) => {
      const { placements } = catalog;
      await finished(catalog, 'a', COPY, MOVE);
      await finished(catalog, 'b', MOVE);
      assert.deepEqual(await rulesDue(catalog), ['a copy', 'b move']);
      const [copy] = await placements.due(NOW, 10);
      await placements.settle(copy!.seq, FAILED, NOW);
      assert.deepEqual(await rulesDue(catalog), ['b move']);
      assert.ok(await placements.settle(copy!.seq, placed('/in/a'), NOW));
      await placements.tidied(copy!.seq);
      assert.deepEqual(await rulesDue(catalog), ['a move', 'b move']);
    },
  );

  promise('a failed attempt is counted, and due again when it says', async (catalog) => {
    const { placements } = catalog;
    await finished(catalog, 'a', COPY);
    const [one] = await placements.due(NOW, 10);
    await placements.begin(one!.seq, 'about to link');
    assert.ok(await placements.settle(one!.seq, FAILED, NOW));
    assert.deepEqual(await placements.get(one!.seq), {
      ...one,
      attempts: 1,
      nextAt: NOW + 50,
      lastError: 'disk full',
      intent: 'about to link',
    });
    await placements.begin(one!.seq, null);
    assert.equal((await placements.get(one!.seq))?.intent, null);
    assert.deepEqual(await rulesDue(catalog, NOW + 49), []);
    assert.deepEqual(await rulesDue(catalog, NOW + 50), ['a copy']);
    assert.deepEqual(await placements.counts(), [
      { rule: 'copy', pending: 0, failing: 1, oldestAt: NOW },
    ]);
    assert.deepEqual(await placements.retryFailing(0, 10, NOW + 1), [one!.seq]);
    const again = await placements.get(one!.seq);
    assert.deepEqual([again!.attempts, again!.nextAt], [0, NOW + 1]);
    assert.deepEqual(await placements.counts(), [
      { rule: 'copy', pending: 1, failing: 0, oldestAt: NOW },
    ]);
  });

  promise(
    'placing records the place, the timeline and the deliveries as one, once',
    async (catalog) => {
      const { placements } = catalog;
      const record = await finished(catalog, 'a', MOVE);
      const [one] = await placements.due(NOW, 10);
      await placements.begin(one!.seq, 'about to link');
      const outcome = placed('/in/a', {
        movedTo: MOVED_TO,
        deliveries: [delivery('post-deliver')],
      });
      assert.ok(await placements.settle(one!.seq, outcome, NOW + 5));
      assert.equal(await placements.settle(one!.seq, outcome, NOW + 6), false);
      assert.deepEqual(await catalog.get('a'), { ...record, movedTo: MOVED_TO });
      const entry = { at: NOW + 5, event: 'delivered', rule: 'move', path: '/in/a' };
      assert.deepEqual(await catalog.timeline(record), [entry]);
      assert.equal((await catalog.outbox.list({ upload: 'a' })).length, 1);
      assert.deepEqual(await collect(catalog.stored()), [], 'the store need not have its bytes');
      assert.equal((await catalog.holdings()).finished, 0, 'it takes no room');
      await finished(catalog, 'b');
      assert.deepEqual([await catalog.movedBytes(), await catalog.movedBytes('alice')], [10, 0]);
      // What was begun is still to be tidied up.
      const [rest] = await placements.due(NOW + 5, 10);
      assert.deepEqual([rest?.state, rest?.intent], ['placed', 'about to link']);
      await placements.postpone(rest!.seq, NOW + 9);
      assert.equal(await placements.nextDueAt(), NOW + 9);
      await placements.tidied(rest!.seq);
      assert.equal(await placements.nextDueAt(), null);
      const [done] = await placements.list({ statuses: ['delivered'], upload: 'a', rule: 'move' });
      assert.deepEqual([done?.intent, done?.path, done?.doneAt], [null, '/in/a', NOW + 5]);
      assert.equal(await placements.retry(done!.seq, NOW), false);
    },
  );

  promise('an upload that was removed is not placed, and nothing is recorded', async (catalog) => {
    const { placements } = catalog;
    const record = await finished(catalog, 'a', COPY);
    const [one] = await placements.due(NOW, 10);
    const claim = { why: 'terminated', bytes: 10, deliveries: [], at: NOW } as const;
    assert.equal(await catalog.claimRemoval(record, claim), 'claimed');
    const outcome = placed('/in/a', { deliveries: [delivery('post-deliver')] });
    assert.equal(await placements.settle(one!.seq, outcome, NOW), false);
    assert.equal((await catalog.outbox.list({})).length, 0);
    assert.ok(await placements.settle(one!.seq, { state: 'skipped', why: 'it was removed' }, NOW));
    assert.deepEqual(await rulesDue(catalog), []);
  });

  promise(
    'a policy removes no upload that is still to be delivered; a person may',
    async (catalog) => {
      const record = await finished(catalog, 'a', COPY);
      const claim = { bytes: 10, deliveries: [], at: NOW } as const;
      for (const why of ['expired', 'cleanup'] as const) {
        assert.equal(await catalog.claimRemoval(record, { ...claim, why }), 'needed');
      }
      const [one] = await catalog.placements.due(NOW, 10);
      await catalog.placements.settle(one!.seq, placed('/in/a'), NOW);
      assert.equal(await catalog.claimRemoval(record, { ...claim, why: 'expired' }), 'claimed');
      const other = await finished(catalog, 'b', COPY);
      assert.equal(await catalog.claimRemoval(other, { ...claim, why: 'operator' }), 'claimed');
    },
  );

  promise(
    'placements of rules that are no more are skipped, and can be retried',
    async (catalog) => {
      const { placements } = catalog;
      await finished(catalog, 'a', COPY, MOVE);
      assert.equal(await placements.abandon(['copy'], 'no such rule', NOW), 1);
      assert.equal(await placements.abandon(['copy'], 'no such rule', NOW), 0);
      const [skipped] = await placements.list({ statuses: ['skipped'] });
      assert.deepEqual([skipped?.rule, skipped?.lastError], ['move', 'no such rule']);
      assert.ok(await placements.retry(skipped!.seq, NOW + 1));
      assert.equal((await placements.get(skipped!.seq))?.state, 'pending');
      assert.equal(await placements.retry(999, NOW), false);
    },
  );

  promise('a rule is added to a finished upload once, and to no other upload', async (catalog) => {
    const { placements } = catalog;
    await finished(catalog, 'a', COPY);
    await catalog.createUpload(creation({ id: 'unfinished' }));
    assert.equal(await placements.add('a', [COPY, MOVE], NOW), 1);
    assert.equal(await placements.add('a', [COPY, MOVE], NOW), 0);
    assert.equal(await placements.add('unfinished', [COPY], NOW), 0);
    assert.equal(await placements.add('unknown', [COPY], NOW), 0);
    const newest = (await placements.list({ limit: 1 })).map(({ rule }) => rule);
    assert.deepEqual(newest, ['move'], 'the newest first');
  });

  promise('placements are listed by status, rule and upload, the newest first', async (catalog) => {
    const { placements } = catalog;
    await finished(catalog, 'a', COPY, MOVE);
    await finished(catalog, 'b', COPY, MOVE);
    await finished(catalog, 'c', COPY);
    const [copyA, moveA, copyB] = (await placements.list({})).toReversed();
    await placements.settle(copyA!.seq, placed('/in/a'), NOW);
    await placements.settle(moveA!.seq, { state: 'skipped', why: 'gone' }, NOW);
    await placements.settle(copyB!.seq, FAILED, NOW);
    const list = async (query: PlacementQuery) =>
      (await placements.list(query)).map(({ upload, rule }) => `${upload} ${rule}`);
    for (const [query, expected] of [
      [{ statuses: ['delivered'] }, ['a copy']],
      [{ statuses: ['skipped'] }, ['a move']],
      [{ statuses: ['failing'] }, ['b copy']],
      [{ statuses: ['pending'] }, ['c copy', 'b move']],
      [{ statuses: ['pending'], limit: 1 }, ['c copy']],
      [{ statuses: ['pending'], upload: 'b' }, ['b move']],
      [{ statuses: ['pending', 'failing'] }, ['c copy', 'b move', 'b copy']],
      [{ statuses: ['failing', 'skipped'], limit: 1 }, ['b copy']],
      [{ statuses: ['pending', 'failing', 'skipped'], rule: 'move' }, ['b move', 'a move']],
      [{ statuses: ['delivered', 'failing'], upload: 'a' }, ['a copy']],
      [{ statuses: [] }, []],
      [{ limit: 2 }, ['c copy', 'b move']],
    ] as const) {
      assert.deepEqual(await list(query), expected, JSON.stringify(query));
    }
  });

  promise(
    'uploads that are not delivered can be listed, and forgotten ones take their placements along',
    async (catalog) => {
      await finished(catalog, 'a', COPY);
      await finished(catalog, 'b');
      const list = async () =>
        (await collect(catalog.list({ undelivered: true }))).flat().map(({ id }) => id);
      assert.deepEqual(await list(), ['a']);
      const record = await catalog.get('a');
      const claim = { why: 'operator', bytes: 10, deliveries: [], at: NOW } as const;
      await catalog.claimRemoval(record!, claim);
      await catalog.removalDone('a');
      assert.equal(await catalog.forget(NOW, 10), 1);
      assert.deepEqual(await catalog.placements.list({}), []);
    },
  );

  promiseToMany(
    'another process adds and retries, and the daemon sees it',
    async (catalog, another) => {
      await finished(catalog, 'a');
      const command = await another('command');
      assert.equal(await command.placements.add('a', [COPY], NOW), 1);
      assert.deepEqual(await rulesDue(catalog), ['a copy']);
      const [one] = await catalog.placements.due(NOW, 10);
      await catalog.placements.settle(one!.seq, FAILED, NOW);
      assert.ok(await command.placements.retry(one!.seq, NOW));
      assert.deepEqual(await rulesDue(catalog), ['a copy']);
    },
  );
}
