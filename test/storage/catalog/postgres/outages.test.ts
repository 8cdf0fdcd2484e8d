import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { openPostgresCatalog } from '../../../../src/storage/catalog/postgres/postgres-catalog.ts';
import { faultOf } from '../../../support/fault-of.ts';
import { losingProxy } from '../../../support/services/losing-proxy.ts';
import { runSql, sharedPostgres } from '../../../support/services/postgres.ts';
import { livingCatalog, type Opening } from '../../../support/services/postgres-catalogs.ts';
import { until } from '../../../support/until.ts';
import { creation, ending } from '../contract/subject.ts';

const postgres = sharedPostgres();
const { needed } = postgres;

async function opened(t: TestContext, options: Opening = {}) {
  const url = await postgres.fresh();
  return { url, catalog: await livingCatalog(t, url, options) };
}

const CUT = `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
  WHERE application_name = 'tusd-ts' AND pid <> pg_backend_pid()`;

test('connections that an administrator has cut are replaced', needed, async (t) => {
  const { url, catalog } = await opened(t);
  const { lease } = await catalog.createLeased(creation());
  for (let round = 1; round <= 3; round += 1) {
    await Promise.all([1, 2, 3].map(() => catalog.get('a')));
    await runSql(url, CUT);
    assert.equal(await catalog.record(lease, ending({ offset: round })), true);
  }
});

test('units of work go on beside a server that restarts', needed, async (t) => {
  const { catalog } = await opened(t);
  const { lease } = await catalog.createLeased(creation());
  let offset = 0;
  let failed = 0;
  let stop = false;
  const working = (async () => {
    while (!stop) {
      try {
        if (await catalog.record(lease, ending({ offset: offset + 1 }))) offset += 1;
        else assert.fail('the lease is void');
      } catch (error) {
        assert.equal((await faultOf(Promise.reject(error))).code, 'UNAVAILABLE');
        failed += 1;
      }
    }
  })();
  await until('it works', () => offset > 5);
  postgres.server.restart();
  const after = offset;
  await until('it works again', () => offset > after + 5);
  stop = true;
  await working;
  const { offset: recorded } = (await catalog.get('a'))!;
  assert.ok(
    recorded === offset || (failed > 0 && recorded === offset + 1),
    `${recorded} ${offset}`,
  );
});

test(
  'while nothing answers a unit fails in time, and works again after that',
  needed,
  async (t) => {
    const proxy = await losingProxy(t, postgres.server);
    const url = proxy.url(await postgres.fresh());
    const catalog = await livingCatalog(t, url, { poolSize: 2 });
    await catalog.createUpload(creation());
    proxy.hold();
    const faults = await Promise.all([0, 1, 2].map(() => faultOf(catalog.get('a'))));
    for (const fault of faults) {
      assert.deepEqual([fault.code, fault.status, fault.retryAfter], ['UNAVAILABLE', 503, 2]);
      assert.match(fault.publicMessage ?? '', /try again/);
    }
    proxy.pass();
    assert.equal((await catalog.get('a'))?.id, 'a');
  },
);

test('a connection is waited for, but not for ever', needed, async (t) => {
  const { url, catalog } = await opened(t, { poolSize: 2, waitFor: 1_000 });
  await catalog.createUpload(creation());
  const lock = runSql(
    url,
    'BEGIN; LOCK TABLE tusd_uploads IN ACCESS EXCLUSIVE MODE; SELECT pg_sleep(5); COMMIT',
  );
  await until(
    'it is locked',
    async () =>
      (
        await runSql(
          url,
          `SELECT 1 FROM pg_locks WHERE mode = 'AccessExclusiveLock' AND relation = 'tusd_uploads'::regclass`,
        )
      ).length > 0,
  );
  const waiting = catalog.get('a');
  const fault = await faultOf(catalog.get('a'));
  assert.equal(fault.code, 'UNAVAILABLE');
  assert.match(fault.message, /no connection became free in time/);
  await lock;
  assert.equal((await waiting)?.id, 'a');
});

test('deadlocks are resolved by trying again', needed, async (t) => {
  const { url, catalog } = await opened(t);
  const other = await livingCatalog(t, url);
  const count = (subject: string) => ({ what: 'bytes', subject, bucket: 1, amount: 1 }) as const;
  const subjects = Array.from({ length: 20 }, (_, index) => `s${index}`);
  await Promise.all(
    Array.from({ length: 20 }, (_, round) =>
      (round % 2 ? catalog : other).count(
        (round % 3 ? subjects : subjects.toReversed()).map(count),
      ),
    ),
  );
  const sums = await catalog.count(subjects.map((one) => ({ ...count(one), amount: 0 })));
  assert.deepEqual(new Set(sums), new Set([20]));
});

test('a fault never shows the password', needed, async () => {
  const secret = 's3cret/word';
  const coded = encodeURIComponent(secret);
  const urls = [
    `postgres://tusd:${coded}@127.0.0.1:1/tusd`,
    `postgres://tusd:${coded}@/nothing?host=${postgres.server.folder}`,
    `postgres://nobody:${coded}@/tusd?host=${postgres.server.folder}`,
    `postgres://tusd:${secret}@bad host:x/tusd`,
    `postgres://tusd:${coded}@/tusd?host=${postgres.server.folder}&sslmode=require`,
  ];
  for (const url of urls) {
    const opening = openPostgresCatalog({ url, role: 'daemon', warn: () => {} });
    const fault = await faultOf(opening);
    const seen = [fault.message, fault.hint, fault.stack, String(fault.cause)].join();
    assert.ok(!seen.includes('s3cret'), `${url}: ${seen}`);
  }
});

test('what cannot be used says why', needed, async (t) => {
  const { folder } = postgres.server;
  const codeOf = async (url: string) =>
    (await faultOf(openPostgresCatalog({ url, role: 'daemon', warn: () => {} }))).code;
  assert.equal(await codeOf(`postgres://tusd@/nothing?host=${folder}`), 'IO');
  assert.equal(await codeOf(`postgres://nobody@/tusd?host=${folder}`), 'PERMISSION');
  assert.equal(await codeOf('postgres://tusd@127.0.0.1:1/tusd'), 'UNAVAILABLE');
  await runSql(postgres.server.url, `CREATE DATABASE latin ENCODING 'LATIN1' TEMPLATE template0`);
  assert.equal(await codeOf(`postgres://tusd@/latin?host=${folder}`), 'CONFIG');
  const warned: string[] = [];
  const url = await postgres.fresh();
  const catalog = await openPostgresCatalog({
    url,
    role: 'daemon',
    warn: (one) => warned.push(one),
  });
  t.after(() => catalog.close());
  assert.match(warned.join(), /may lose what it has confirmed \(fsync is off\)/);
  await catalog.probe();
  assert.equal(await catalog.checkIntegrity(), 'ok');
  await runSql(url, `INSERT INTO tusd_timeline VALUES (99, 1, 1, 'finished', '{}')`);
  assert.match(await catalog.checkIntegrity(), /1 timelines belong to no upload/);
  await runSql(
    url,
    'CREATE ROLE late LOGIN SUPERUSER; ALTER ROLE late SET default_transaction_read_only = on',
  );
  const standby = await openPostgresCatalog({
    url: url.replace('tusd@', 'late@'),
    role: 'command',
    warn: () => {},
  });
  t.after(() => standby.close());
  const fault = await faultOf(standby.probe());
  assert.equal(fault.code, 'UNAVAILABLE');
  assert.match(fault.message, /is it a standby/);
  await runSql(url, 'ALTER ROLE late RESET default_transaction_read_only');
  await standby.probe();
  assert.equal(await catalog.get('a'), undefined);
});
