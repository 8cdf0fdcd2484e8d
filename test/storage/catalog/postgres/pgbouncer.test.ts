import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, realpathSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { ROOT } from '../../../support/script.ts';
import {
  needingPostgres,
  type PostgresServer,
  sharedPostgres,
} from '../../../support/services/postgres.ts';
import { livingCatalog } from '../../../support/services/postgres-catalogs.ts';
import { findTool } from '../../../support/tools.ts';
import { until } from '../../../support/until.ts';
import { creation, delivery, ending, NOW } from '../contract/subject.ts';

const SCRIPT = join(ROOT, 'test', 'services', 'pgbouncer.sh');

function needingPgbouncer(): { skip?: string } {
  const needed = needingPostgres();
  if (needed.skip !== undefined || process.env.TUSD_TS_REQUIRE_ALL) return needed;
  return findTool('pgbouncer') ? {} : { skip: 'pgbouncer is not installed' };
}

const postgres = sharedPostgres(needingPgbouncer());

function pgbouncer(t: TestContext, { folder }: PostgresServer): string {
  const own = mkdtempSync(join(realpathSync(tmpdir()), 'tusd-ts-bouncer-'));
  t.after(() => execFileSync(SCRIPT, ['stop', own], { stdio: 'ignore' }));
  return execFileSync(SCRIPT, ['start', own, folder], { encoding: 'utf8' }).trim();
}

test('daemons work together behind PgBouncer in transaction mode', postgres.needed, async (t) => {
  const url = pgbouncer(t, postgres.server);
  const [one, other] = await Promise.all([
    livingCatalog(t, url, { poolSize: 10 }),
    livingCatalog(t, url, { poolSize: 10 }),
  ]);
  // More at once than there are sessions: every statement may be on another one.
  const made = await Promise.all(
    Array.from({ length: 60 }, async (_, index) => {
      const catalog = index % 2 ? one : other;
      const id = `u${index}`;
      const { lease } = await catalog.createLeased(
        creation({ id }, { deliveries: [delivery('created')] }),
      );
      for (let offset = 1; offset <= 3; offset += 1)
        await catalog.record(lease, ending({ offset }));
      return catalog.finish(lease, { ...ending({}), deliveries: [delivery('finished')] });
    }),
  );
  assert.ok(made.every((finished) => finished));
  const due = await one.outbox.claim('app', NOW, 99);
  assert.equal(due.length, 60);
  await one.outbox.settle(
    due.map(({ seq }) => ({ seq, state: 'delivered' })),
    NOW,
  );
  assert.equal((await one.outbox.claim('app', NOW + 1, 99)).length, 60);

  const asked: string[] = [];
  one.onAsked((id, urgent) => asked.push(`${id} ${urgent}`));
  await one.createLeased(creation());
  await other.ask('a', true);
  await until('it hears of it without notifications', () => asked.length > 0);
  assert.deepEqual(asked, ['a true']);
});
