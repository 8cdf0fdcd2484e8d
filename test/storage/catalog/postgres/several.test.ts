import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import pg from 'pg';
import type { Catalog } from '../../../../src/storage/catalog/catalog.ts';
import { VOID_AFTER } from '../../../../src/storage/catalog/postgres/tables/lease-sql.ts';
import { runSql, sharedPostgres } from '../../../support/services/postgres.ts';
import { letTimePass, livingCatalog } from '../../../support/services/postgres-catalogs.ts';
import { until } from '../../../support/until.ts';
import { creation, delivery, ending, everythingOf, NOW, REPORT } from '../contract/subject.ts';

const postgres = sharedPostgres();
const { needed } = postgres;

async function two(t: TestContext) {
  const url = await postgres.fresh();
  const [one, other] = await Promise.all([livingCatalog(t, url), livingCatalog(t, url)]);
  /** Only heartbeats from now on count. */
  const silence = () => letTimePass(url, VOID_AFTER);
  return { one, other, silence };
}

const claimed = async ({ outbox }: Catalog, limit = 9) =>
  (await outbox.claim('app', NOW, limit)).map(({ upload }) => upload);

test('a delivery is sent by one process, and by another once that has ended', needed, async (t) => {
  const { one, other, silence } = await two(t);
  for (const id of ['a', 'b', 'c']) {
    await one.createUpload(creation({ id }, { deliveries: [delivery('created')] }));
  }
  assert.deepEqual(await claimed(one, 2), ['a', 'b']);
  assert.deepEqual(await claimed(other), ['c']);
  assert.deepEqual(await claimed(one), ['a', 'b'], 'what it has claimed and not settled');
  assert.equal(await other.outbox.nextDueAt('app'), NOW);
  const [{ seq } = assert.fail()] = await other.outbox.list({ upload: 'c' });
  await one.outbox.settle([{ seq, state: 'dead', error: 'late', attempted: true }], NOW);
  assert.equal((await other.outbox.get(seq))?.state, 'pending', 'settled by its claimer alone');
  await other.outbox.settle([{ seq, state: 'delivered' }], NOW);
  assert.equal(await other.outbox.nextDueAt('app'), null);
  await silence();
  await other.heartbeat(NOW, REPORT);
  assert.deepEqual(await claimed(other), ['a', 'b']);
  await other.leave();
  await one.heartbeat(NOW, REPORT);
  assert.deepEqual(
    await claimed(one),
    ['a', 'b'],
    'a process that leaves gives back what it claimed',
  );
});

test(
  'a placement is begun by one process, and by another once that has ended',
  needed,
  async (t) => {
    const { one, other, silence } = await two(t);
    const placements = [{ rule: 'copy', last: false }];
    await one.createFinished(creation({ state: 'finished', finishedAt: NOW }, { placements }));
    const [placement] = await one.placements.due(NOW, 9);
    const { seq } = placement!;
    assert.deepEqual(await other.placements.due(NOW, 9), []);
    assert.equal(await other.placements.nextDueAt(), null);
    await one.placements.begin(seq, 'linking');
    await silence();
    await other.heartbeat(NOW, REPORT);
    assert.deepEqual(
      (await other.placements.due(NOW, 9)).map(({ intent }) => intent),
      ['linking'],
    );
    // The one wakes up late: it must not begin, nor record what it did.
    await assert.rejects(one.placements.begin(seq, 'linking again'), { code: 'UNAVAILABLE' });
    const placed = { state: 'placed', path: '/x', movedTo: null, deliveries: [] } as const;
    assert.equal(await one.placements.settle(seq, placed, NOW), false);
    assert.equal(await other.placements.settle(seq, placed, NOW), true);
  },
);

test('events of an upload are sent in order, by any process', needed, async (t) => {
  const { one, other } = await two(t);
  const uploads = ['a', 'b', 'c', 'd'];
  for (const id of uploads) await one.createUpload(creation({ id, state: 'finished' }));
  const EVENTS = 12;
  const sent = new Map<string, string[]>(uploads.map((id) => [id, []]));
  const cause = async (id: string, catalog: Catalog, name: string) => {
    for (let number = 0; number < EVENTS; number += 1) {
      await catalog.outbox.add(id, [delivery(`${name}${number}`)], NOW);
    }
  };
  const send = async (catalog: Catalog) => {
    const due = await catalog.outbox.claim('app', NOW, 9);
    for (const { upload, event } of due) sent.get(upload)!.push(event);
    await catalog.outbox.settle(
      due.map(({ seq }) => ({ seq, state: 'delivered' })),
      NOW,
    );
  };
  let causing = true;
  const sending = [one, other].map(async (catalog) => {
    while (causing) {
      await catalog.heartbeat(NOW, REPORT);
      await send(catalog);
    }
  });
  await Promise.all(
    uploads.flatMap((id) => [cause(id, one, 'x'), cause(id, other, 'y'), cause(id, one, 'z')]),
  );
  causing = false;
  await Promise.all(sending);
  await until('all are sent', async () => {
    await Promise.all([one, other].map((catalog) => catalog.heartbeat(NOW, REPORT)));
    await Promise.all([one, other].map(send));
    return [...sent.values()].every((events) => events.length >= 3 * EVENTS);
  });
  for (const [id, events] of sent) {
    const seqs = (await one.outbox.list({ upload: id, limit: 999 })).toReversed();
    assert.deepEqual(
      events,
      seqs.map(({ event }) => event),
      id,
    );
  }
  assert.deepEqual(await one.outbox.counts(), []);
  const [stats] = await runSql(
    postgres.server.url,
    `SELECT deadlocks::int FROM pg_stat_database WHERE datname = 'tusd'`,
  );
  assert.equal(stats?.deadlocks, 0);
});

test('the process that holds a lease hears at once that it is asked for', needed, async (t) => {
  const { one, other } = await two(t);
  const asked: string[] = [];
  one.onAsked((id, urgent) => asked.push(`${id} ${urgent}`));
  other.onAsked((id) => assert.fail(`${id} is not asked of this one`));
  const { lease } = await one.createLeased(creation());
  await other.createUpload(creation({ id: 'free' }));
  await other.ask('free', true);
  await other.ask('a', false);
  await until('it is asked', () => asked.includes('a false'));
  await other.ask('a', true);
  await until('it is asked again', () => asked.includes('a true'));
  assert.equal(asked.length, 2);
  await one.release(lease);
  assert.ok((await other.beginAppend('a', NOW))?.lease);
});

test('a process that was stopped for long changes nothing when it wakes up', needed, async (t) => {
  const { one, other, silence } = await two(t);
  const { lease } = await one.createLeased(creation());
  await silence();
  await other.heartbeat(NOW, REPORT);
  const { leases, ended } = await other.inheritLeases(NOW);
  assert.deepEqual([leases.map(({ id }) => id), ended], [['a'], 1]);
  assert.equal((await other.inheritLeases(NOW)).ended, 0);
  const before = await everythingOf(other, 'a');
  await one.heartbeat(NOW, REPORT);
  assert.equal(await one.record(lease, ending({ offset: 9 })), false);
  assert.deepEqual(await one.voided([lease]), [lease]);
  assert.deepEqual(await everythingOf(other, 'a'), before);
  assert.equal((await one.beginAppend('a', NOW))?.lease, null);
  assert.equal(await other.record(leases[0]!, ending({ offset: 1 })), true);
});

test('a unit of a request is one round trip', needed, async (t) => {
  const url = await postgres.fresh();
  const catalog = await livingCatalog(t, url);
  const calls = t.mock.method(pg.Client.prototype, 'query').mock;
  const trips = async (unit: () => Promise<unknown>) => {
    const before = calls.callCount();
    await unit();
    return calls.callCount() - before;
  };
  const placements = [{ rule: 'copy', last: false }];
  const more = {
    timeline: [{ event: 'finished' } as const],
    deliveries: [delivery('a'), delivery('b', 'other')],
    placements,
  };
  const finished = creation({ id: 'small', state: 'finished', finishedAt: NOW }, more);
  assert.equal(await trips(() => catalog.createFinished(finished)), 1);
  assert.equal(await trips(() => catalog.get('small')), 1);
  const large = creation({ id: 'large' }, more);
  const { lease } = await catalog.createLeased(large);
  const received = { offset: 1, crc32: 1, layout: '{}' };
  assert.equal(await trips(() => catalog.progress([{ lease, activeAt: NOW, received }])), 1);
  assert.equal(await trips(() => catalog.voided([lease])), 1);
  assert.equal(await trips(() => catalog.endAppend(lease, ending({ offset: 2 }))), 1);
  const again: { lease?: typeof lease | null | undefined } = {};
  assert.equal(
    await trips(async () => {
      again.lease = (await catalog.beginAppend('large', NOW))?.lease;
    }),
    1,
  );
  const finish = { ...ending({ offset: 10 }), deliveries: more.deliveries, placements };
  assert.equal(await trips(() => catalog.finish(again.lease!, finish)), 1);
  assert.equal(await trips(() => catalog.heartbeat(NOW, REPORT)), 1);
});

test('no connection is held between units', needed, async (t) => {
  const url = await postgres.fresh();
  const catalog = await livingCatalog(t, url, { poolSize: 2 });
  const leases = await Promise.all(
    Array.from({ length: 50 }, async (_, index) => {
      return (await catalog.createLeased(creation({ id: `u${index}` }))).lease;
    }),
  );
  const over = await Promise.all(
    leases.map((lease) => catalog.record(lease, ending({ offset: 1 }))),
  );
  assert.ok(over.every((done) => done));
});

test('hostile text comes back as it was, and is found', needed, async (t) => {
  const url = await postgres.fresh();
  const catalog = await livingCatalog(t, url);
  const names = [
    '\0',
    'a\0b\x01c\x01\x01\x02',
    "'; DROP TABLE tusd_uploads; --",
    '\\x00\u{1f600}',
    '{"\\u0000"}',
  ];
  for (const [index, name] of names.entries()) {
    const change = {
      id: `u${index}`,
      name,
      owner: name,
      refusal: name,
      metadata: name,
      layout: name,
    };
    const deliveries = [{ eventId: name, hook: name, event: name, payload: name }];
    const made = await catalog.createUpload(creation(change, { deliveries }));
    assert.deepEqual(await catalog.get(`u${index}`), made);
    const [one] = await catalog.outbox.claim(name, NOW, 1);
    assert.deepEqual([one?.payload, one?.event], [name, name]);
    const mine = [];
    for await (const page of catalog.list({ owner: name })) mine.push(...page);
    assert.deepEqual(mine, [made]);
    await catalog.setNote(name, name);
    assert.equal(await catalog.note(name), name);
    const count = { what: 'bytes', subject: name, bucket: 1, amount: 1 } as const;
    assert.deepEqual(await catalog.count([count]), [1]);
  }
});
