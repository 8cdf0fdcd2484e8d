import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { judge } from '../../conformance/check.ts';
import { CHECKS } from '../../conformance/checks.ts';
import { ROWS } from '../../conformance/rows.ts';
import { foreignTarget, type Target } from '../../conformance/target.ts';
import { startCluster } from '../support/cluster.ts';
import { SHARED_SERVICES } from '../support/services/shared.ts';

const ending: (() => unknown)[] = [];
let target: Target;

before(async () => {
  if (SHARED_SERVICES.skip) return;
  const t = { after: (work: () => unknown) => void ending.unshift(work) };
  const cluster = await startCluster(t as Parameters<typeof startCluster>[0], {
    config: { maxSize: '1GiB' },
  });
  target = foreignTarget(cluster.url);
});
after(async () => {
  // The daemons end before what they use.
  for (const end of ending) await end();
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
