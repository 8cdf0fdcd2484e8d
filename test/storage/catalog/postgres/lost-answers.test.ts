import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import pg from 'pg';
import type { Catalog, Lease } from '../../../../src/storage/catalog/catalog.ts';
import { faultOf } from '../../../support/fault-of.ts';
import { losingProxy } from '../../../support/services/losing-proxy.ts';
import { runSql, sharedPostgres } from '../../../support/services/postgres.ts';
import { livingCatalog } from '../../../support/services/postgres-catalogs.ts';
import { until } from '../../../support/until.ts';
import { linkOf } from '../contract/links.ts';
import { creation, delivery, ending, everythingOf, NOW } from '../contract/subject.ts';

const postgres = sharedPostgres();
const { needed } = postgres;

/** `lose` runs a unit whose answer is lost after the server has done it. */
interface Losing {
  readonly catalog: Catalog;
  readonly lose: <T>(unit: () => Promise<T>, text?: string) => Promise<T>;
}

function promise(what: string, run: (losing: Losing) => Promise<void>): void {
  test(`when an answer is lost, ${what}`, needed, async (t: TestContext) => {
    const proxy = await losingProxy(t, postgres.server);
    const url = await postgres.fresh();
    const catalog = await livingCatalog(t, proxy.url(url), { poolSize: 2 });
    const lose: Losing['lose'] = async (unit, text) => {
      const lost = proxy.loseAnswer(text);
      const result = await unit();
      await lost;
      return result;
    };
    await run({ catalog, lose });
  });
}

const CREATED = { deliveries: [delivery('created')] };

promise('a creation is done once', async ({ catalog, lose }) => {
  await catalog.createLink(linkOf({ maxUploads: 3 }));
  const owner = 'link:l1';
  await lose(() => catalog.createUpload(creation({ id: 'a', owner }, CREATED)));
  const finished = creation({ id: 'b', owner, state: 'finished' }, CREATED);
  await lose(() => catalog.createFinished(finished));
  const { lease } = await lose(() => catalog.createLeased(creation({ id: 'c', owner }, CREATED)));
  assert.equal(await catalog.record(lease, ending({ offset: 3 })), true);
  assert.equal((await catalog.link('l1'))?.uploads, 3);
  for (const id of ['a', 'b', 'c']) {
    assert.equal((await everythingOf(catalog, id)).deliveries.length, 1);
  }
});

promise('the id of another upload is still refused', async ({ catalog, lose }) => {
  const before = await catalog.createUpload(creation());
  const fault = await lose(() => faultOf(catalog.createUpload(creation({ length: 5 }))));
  assert.equal(fault.code, 'CONFLICT');
  assert.deepEqual(await catalog.get('a'), before);
});

promise('the lease that was taken is known', async ({ catalog, lose }) => {
  await catalog.createUpload(creation());
  const held = await lose(() => catalog.beginAppend('a', NOW));
  assert.equal(await catalog.record(held!.lease!, ending({ offset: 3 })), true);
});

promise('the end of a request is recorded once', async ({ catalog, lose }) => {
  const received = (from: number) =>
    ({
      event: 'received',
      from,
      to: from + 3,
      requests: 1,
      until: NOW,
      origin: creation().record.origin,
      interrupted: null,
    }) as const;
  const { record, lease } = await catalog.createLeased(creation());
  assert.equal(await lose(() => catalog.record(lease, ending({ offset: 3 }, received(0)))), true);
  assert.equal(
    await lose(() => catalog.endAppend(lease, ending({ offset: 6 }, received(3)))),
    true,
  );
  assert.equal(await catalog.isLeased('a', NOW), false);
  const timeline = await catalog.timeline(record);
  assert.deepEqual(timeline, [{ at: NOW + 1, ...received(0), to: 6, requests: 2 }]);
});

promise('a finish is reported as done, and done once', async ({ catalog, lose }) => {
  const { lease } = await catalog.createLeased(creation());
  const finish = { ...ending({ offset: 10 }), deliveries: [delivery('finished')] };
  assert.equal(await lose(() => catalog.finish(lease, finish)), true);
  const { record, timeline, deliveries } = await everythingOf(catalog, 'a');
  assert.deepEqual([record?.state, timeline?.length, deliveries.length], ['finished', 1, 1]);
});

promise('a lease that was void stays void', async ({ catalog, lose }) => {
  const claim = { why: 'operator', bytes: 0, takeOver: true, deliveries: [], at: NOW } as const;
  const units: Record<string, (lease: Lease) => Promise<boolean>> = {
    endAppend: (lease) => catalog.endAppend(lease, ending({ offset: 9 })),
    finish: (lease) => catalog.finish(lease, { ...ending({}), deliveries: [] }),
  };
  for (const [id, unit] of Object.entries(units)) {
    const { record, lease } = await catalog.createLeased(creation({ id }));
    assert.equal(await catalog.claimRemoval(record, claim), 'claimed');
    assert.equal(await lose(() => unit(lease)), false, id);
  }
});

promise('a removal is claimed once, and told so', async ({ catalog, lose }) => {
  const seen = await catalog.createUpload(creation());
  const claim = { why: 'expired', bytes: 0, deliveries: [delivery('removed')], at: NOW } as const;
  assert.equal(await lose(() => catalog.claimRemoval(seen, claim)), 'claimed');
  const { timeline, deliveries } = await everythingOf(catalog, 'a');
  assert.deepEqual([timeline?.length, deliveries.length], [1, 1]);
});

promise('a slot is claimed by the one that asked', async ({ catalog, lose }) => {
  assert.equal(await lose(() => catalog.claimSlot('sweep', 5)), true);
  assert.equal(await catalog.claimSlot('sweep', 5), false);
  assert.equal(await lose(() => catalog.claimSlot('sweep', 4)), false);
});

promise('links are made and revoked once', async ({ catalog, lose }) => {
  await lose(() => catalog.createLink(linkOf()));
  assert.equal(await lose(() => catalog.revokeLink('l1', NOW)), true);
  assert.equal(await catalog.revokeLink('l1', NOW + 1), false);
});

promise('an event is added once, and an attempt counted once', async ({ catalog, lose }) => {
  await catalog.createUpload(creation());
  const { outbox } = catalog;
  await lose(() => outbox.add('a', [delivery('downloaded')], NOW));
  const [one, ...more] = await lose(() => outbox.claim('app', NOW, 9));
  assert.deepEqual(more, []);
  const failed = {
    seq: one!.seq,
    state: 'pending',
    error: 'no',
    startedAt: NOW,
    nextAt: NOW,
  } as const;
  await lose(() => outbox.settle([failed], NOW), 'COMMIT');
  assert.equal((await outbox.get(one!.seq))?.attempts, 1);
});

promise('a placement is settled once, and told so', async ({ catalog, lose }) => {
  const placements = [{ rule: 'copy', last: false }];
  await catalog.createFinished(creation({ state: 'finished', finishedAt: NOW }, { placements }));
  const [one] = await lose(() => catalog.placements.due(NOW, 9));
  const failed = { state: 'pending', error: 'disk full', nextAt: NOW } as const;
  assert.equal(await lose(() => catalog.placements.settle(one!.seq, failed, NOW)), true);
  assert.equal((await catalog.placements.get(one!.seq))?.attempts, 1);
});

promise('what must not be done twice fails, and was done once', async ({ catalog, lose }) => {
  const count = { what: 'bytes', subject: 'a', bucket: 1, amount: 5 } as const;
  const fault = await lose(() => faultOf(catalog.count([count])));
  assert.deepEqual([fault.code, fault.status], ['UNAVAILABLE', 503]);
  assert.deepEqual(await catalog.count([count]), [10]);
});

test('a lease whose owner never heard of it is found again', needed, async (t) => {
  const url = await postgres.fresh();
  const catalog = await livingCatalog(t, url);
  const { lease } = await catalog.createLeased(creation());
  assert.equal((await catalog.inheritLeases(NOW)).leases.length, 0);
  await catalog.createUpload(creation({ id: 'lost' }));
  await runSql(
    url,
    `UPDATE tusd_uploads SET lease_epoch = 1, lease_owner =
       (SELECT lease_owner FROM tusd_uploads WHERE id = 'a') WHERE id = 'lost'`,
  );
  const { leases, ended } = await catalog.inheritLeases(NOW);
  assert.deepEqual([leases.map(({ id }) => id), ended], [['lost'], 0]);
  assert.equal(await catalog.record(leases[0]!, ending({ offset: 1 })), true);
  assert.equal(await catalog.record(lease, ending({ offset: 1 })), true);
  assert.equal((await catalog.inheritLeases(NOW)).leases.length, 0);
});

/**
 * A unit whose connection breaks while the server waits for a lock, and which is tried again before it gets
 * it: both attempts go on at once.
 */
async function overtaken<T>(
  t: TestContext,
  { text, lock }: { readonly text: string; readonly lock: string },
  unit: (catalog: Catalog) => Promise<T>,
  before: (catalog: Catalog) => Promise<unknown> = async () => {},
): Promise<{ readonly catalog: Catalog; readonly result: T }> {
  const proxy = await losingProxy(t, postgres.server);
  const url = await postgres.fresh();
  const catalog = await livingCatalog(t, proxy.url(url), { poolSize: 2 });
  await before(catalog);
  const holder = new pg.Client({ connectionString: url });
  await holder.connect();
  try {
    await holder.query(`BEGIN; ${lock}`);
    proxy.cutAfter(text);
    const running = unit(catalog);
    running.catch(() => {});
    await until('two attempts wait', async () => {
      // A transaction sees the same sessions until it ends.
      const [row] = await runSql(
        url,
        `SELECT count(*)::int AS count FROM pg_stat_activity WHERE wait_event_type = 'Lock'`,
      );
      return row?.count === 2;
    });
    await holder.query('ROLLBACK');
    return { catalog, result: await running };
  } finally {
    await holder.end();
  }
}

const CREATION = 'INSERT INTO tusd_uploads';

test('a creation that is done while it is tried again is done once', needed, async (t) => {
  const timeline = [{ event: 'finished' }] as const;
  const { catalog, result } = await overtaken(
    t,
    { text: CREATION, lock: `INSERT INTO tusd_timeline VALUES (1, 1, 0, 'x', '{}')` },
    (catalog) => catalog.createFinished(creation({ state: 'finished' }, { ...CREATED, timeline })),
  );
  const { record, deliveries } = await everythingOf(catalog, 'a');
  assert.deepEqual([record?.seq, deliveries.length], [result.seq, 1]);
});

test('so is one that uses up a link', needed, async (t) => {
  const { catalog, result } = await overtaken(
    t,
    { text: CREATION, lock: 'SELECT 1 FROM tusd_links FOR UPDATE' },
    (catalog) => catalog.createUpload(creation({ owner: 'link:l1' }, CREATED)),
    (catalog) => catalog.createLink(linkOf({ maxUploads: 1 })),
  );
  const { record, deliveries } = await everythingOf(catalog, 'a');
  assert.deepEqual([record?.seq, deliveries.length], [result.seq, 1]);
  assert.equal((await catalog.link('l1'))?.uploads, 1);
});

test('an event that is added while it is tried again is added once', needed, async (t) => {
  const { catalog } = await overtaken(
    t,
    { text: 'INSERT INTO tusd_deliveries', lock: 'SELECT 1 FROM tusd_uploads FOR UPDATE' },
    (catalog) => catalog.outbox.add('a', [delivery('downloaded')], NOW),
    (catalog) => catalog.createUpload(creation()),
  );
  assert.equal((await everythingOf(catalog, 'a')).deliveries.length, 1);
});
