import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { judge } from '../../conformance/check.ts';
import { CHECKS } from '../../conformance/checks.ts';
import { ROWS } from '../../conformance/rows.ts';
import { stockOnOursTarget } from '../../conformance/servers/stock-on-ours-target.ts';
import type { Target } from '../../conformance/target.ts';

/** What our storage decides behind @tus/server: expiry, termination, crashes and broken bodies. */
const OURS = /^(?:EX|TE|X)\d/;
/** What @tus/server itself answers otherwise (conformance/README.md), whatever is behind it. */
const THEIRS = ['EX05', 'X5', 'X6', 'X7', 'X8'];

let target: Target;
before(async () => {
  target = await stockOnOursTarget();
});
after(async () => {
  await target?.close?.();
});

for (const row of ROWS) {
  if (!OURS.test(row.id) || THEIRS.includes(row.id)) continue;
  test(`@tus/server on our storage: ${row.id} ${row.requirement}`, async () => {
    const outcome = await judge(row, CHECKS[row.id], target);
    const untestable = row.untestable !== undefined;
    assert.deepEqual(outcome.kind, untestable ? 'untestable' : 'pass', JSON.stringify(outcome));
  });
}
