import assert from 'node:assert/strict';
import { test } from 'node:test';
import { judge } from '../../conformance/check.ts';
import { CHECKS } from '../../conformance/checks.ts';
import { ROWS } from '../../conformance/rows.ts';
import { foreignTarget, type Target } from '../../conformance/target.ts';
import { startCluster } from '../support/cluster.ts';
import { beforeTests } from '../support/file-scope.ts';
import { SHARED_SERVICES } from '../support/services/shared.ts';

let target: Target;

beforeTests(SHARED_SERVICES, async (t) => {
  const cluster = await startCluster(t, {
    config: { maxSize: '1GiB' },
  });
  target = foreignTarget(cluster.url);
});

for (const row of ROWS) {
  if (row.untestable !== undefined) continue;
  test(
    `${row.id} through a proxy and three daemons: ${row.requirement}`,
    SHARED_SERVICES,
    async () => {
      const outcome = await judge(row, CHECKS[row.id], target);
      // Some rows need a look at the disk or another configuration.
      if (outcome.kind !== 'untestable') assert.deepEqual(outcome, { kind: 'pass' });
    },
  );
}
