import assert from 'node:assert/strict';
import { test } from 'node:test';
import { connect } from '../../../../src/storage/catalog/postgres/database/connect.ts';
import { Database } from '../../../../src/storage/catalog/postgres/database/database.ts';
import type { Step } from '../../../../src/storage/catalog/postgres/database/migrate.ts';
import { migrate } from '../../../../src/storage/catalog/postgres/database/migrate.ts';
import { openPostgresCatalog } from '../../../../src/storage/catalog/postgres/postgres-catalog.ts';
import { STEPS } from '../../../../src/storage/catalog/postgres/tables/migrations.ts';
import { faultOf } from '../../../support/fault-of.ts';
import { runSql, sharedPostgres } from '../../../support/services/postgres.ts';
import { livingCatalog } from '../../../support/services/postgres-catalogs.ts';
import { creation, ending } from '../contract/subject.ts';

const postgres = sharedPostgres();
const { needed } = postgres;
const warn = () => {};

async function migrateTo(url: string, steps: readonly Step[], create = true): Promise<void> {
  const database = new Database(await connect({ url }, warn));
  try {
    await migrate(database, steps, create);
  } finally {
    await database.close();
  }
}

test(
  'of daemons that start at once on an empty database one makes the tables',
  needed,
  async (t) => {
    const url = await postgres.fresh();
    const catalogs = await Promise.all([1, 2, 3, 4, 5].map(() => livingCatalog(t, url)));
    await catalogs[0]!.createUpload(creation());
    for (const catalog of catalogs) assert.equal((await catalog.get('a'))?.id, 'a');
    const rows = await runSql(url, 'SELECT version, oldest FROM tusd_schema');
    assert.deepEqual(rows, [{ version: STEPS.length, oldest: 1 }]);
  },
);

test('a command makes no tables', needed, async () => {
  const url = await postgres.fresh();
  const fault = await faultOf(openPostgresCatalog({ url, role: 'command', warn }));
  assert.deepEqual([fault.code, fault.exitCode], ['IO', 74]);
  assert.match(fault.message, /has no tables of tusd-ts/);
});

test('a newer daemon upgrades under this one, which goes on', needed, async (t) => {
  const url = await postgres.fresh();
  const running = await livingCatalog(t, url);
  const { lease } = await running.createLeased(creation());
  // As a newer version may: a column with a default, an index, a table.
  const newer: Step = {
    statements: `ALTER TABLE tusd_uploads ADD COLUMN colour text;
      ALTER TABLE tusd_uploads ADD COLUMN weight bigint NOT NULL DEFAULT 1;
      CREATE INDEX tusd_uploads_colour ON tusd_uploads (colour);
      CREATE TABLE tusd_colours (name text PRIMARY KEY)`,
  };
  await Promise.all([1, 2].map(() => migrateTo(url, [...STEPS, newer])));
  assert.equal(await running.record(lease, ending({ offset: 3 })), true);
  await running.createFinished(creation({ id: 'b' }));
  const again = await livingCatalog(t, url);
  assert.equal((await again.get('a'))?.offset, 3);
  assert.ok((await again.beginAppend('b', 1))?.lease);
  const rows = await runSql(url, 'SELECT version, oldest FROM tusd_schema');
  assert.deepEqual(rows, [{ version: STEPS.length + 1, oldest: 1 }]);
});

test('a schema that this version cannot work with is refused', needed, async (t) => {
  const url = await postgres.fresh();
  const running = await livingCatalog(t, url);
  const next = STEPS.length + 1;
  const breaking: Step = { statements: 'ALTER TABLE tusd_notes ADD COLUMN x text', oldest: next };
  await migrateTo(url, [...STEPS, breaking]);
  for (const role of ['daemon', 'command'] as const) {
    const fault = await faultOf(openPostgresCatalog({ url, role, warn }));
    assert.deepEqual([fault.code, fault.exitCode], ['CATALOG_TOO_NEW', 78]);
    assert.match(fault.message, new RegExp(`schema ${next}, .*knows ${next}; this one knows`));
  }
  assert.equal(await running.get('a'), undefined);
});

test('a step that fails changes nothing', needed, async () => {
  const url = await postgres.fresh();
  const wrong: Step = { statements: 'CREATE TABLE tusd_x (a int); SELECT 1/0' };
  await faultOf(migrateTo(url, [...STEPS, wrong]));
  assert.deepEqual(await runSql(url, `SELECT to_regclass('tusd_uploads') AS is`), [{ is: null }]);
  await migrateTo(url, STEPS);
});

test(
  'a user with the rights of the documentation serves, and upgrades nothing',
  needed,
  async (t) => {
    const url = await postgres.fresh();
    await livingCatalog(t, url);
    const [, schema] = /search_path%3D(s[0-9a-f]+)/.exec(url)!;
    const user = `u${schema}`;
    await runSql(
      url,
      `CREATE ROLE ${user} LOGIN;
     GRANT USAGE ON SCHEMA ${schema} TO ${user};
     GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA ${schema} TO ${user};
     GRANT USAGE ON ALL SEQUENCES IN SCHEMA ${schema} TO ${user}`,
    );
    const own = url.replace('tusd@', `${user}@`);
    const catalog = await livingCatalog(t, own);
    const { lease } = await catalog.createLeased(creation());
    assert.equal(await catalog.finish(lease, { ...ending({}), deliveries: [] }), true);
    assert.equal(await catalog.ask('a', true), true);
    await catalog.probe();
    const newer: Step = { statements: 'ALTER TABLE tusd_notes ADD COLUMN x text' };
    const fault = await faultOf(migrateTo(own, [...STEPS, newer]));
    assert.equal(fault.code, 'PERMISSION');
    assert.match(fault.message, /may not upgrade the tables from schema 1 to 2/);
    const empty = (await postgres.fresh()).replace('tusd@', `${user}@`);
    const none = await faultOf(openPostgresCatalog({ url: empty, role: 'daemon', warn }));
    assert.equal(none.code, 'PERMISSION');
  },
);
