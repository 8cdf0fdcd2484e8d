import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { judge } from '../../conformance/check.ts';
import { CHECK_GROUPS, CHECKS } from '../../conformance/checks.ts';
import { ROWS } from '../../conformance/rows.ts';
import { selfTarget } from '../../conformance/servers/self-target.ts';
import type { Target } from '../../conformance/target.ts';

/** How many rows each group of ids has. */
const COUNTS = { C: 41, CR: 29, CU: 10, EX: 11, CK: 15, TE: 4, CC: 28, X: 12 };

/** Rows that have a check, but that no configuration of ours lets it decide. */
const UNDECIDED_HERE = ['C12'];

let target: Target;
before(async () => {
  target = await selfTarget();
});
after(async () => {
  await target?.close?.();
});

for (const row of ROWS) {
  if (row.untestable !== undefined || UNDECIDED_HERE.includes(row.id)) continue;
  test(`${row.id} ${row.requirement}`, async () => {
    const outcome = await judge(row, CHECKS[row.id], target);
    assert.deepEqual(outcome, { kind: 'pass' });
  });
}

test('every row has one check or one reason why it has none', () => {
  const checked = CHECK_GROUPS.flatMap((group) => Object.keys(group));
  const excused = ROWS.filter((row) => row.untestable !== undefined).map((row) => row.id);
  const numbered = Object.entries(COUNTS).flatMap(([prefix, count]) => {
    const width = prefix === 'X' ? 1 : 2;
    return Array.from({ length: count }, (_, index) => {
      return `${prefix}${String(index + 1).padStart(width, '0')}`;
    });
  });
  assert.deepEqual([...checked, ...excused].sort(), [...numbered].sort());
  assert.deepEqual(
    ROWS.map((row) => row.id),
    numbered,
  );
});

test('every row that cannot be tested from outside says why', async () => {
  for (const row of ROWS) {
    if (row.untestable === undefined && !UNDECIDED_HERE.includes(row.id)) continue;
    const outcome = await judge(row, CHECKS[row.id], target);
    assert.equal(outcome.kind, 'untestable', row.id);
    assert.ok('why' in outcome && outcome.why.length > 20, row.id);
  }
});
