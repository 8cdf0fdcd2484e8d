import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { judge } from '../../conformance/check.ts';
import { CHECKS } from '../../conformance/checks.ts';
import { ROWS } from '../../conformance/rows.ts';
import { selfSigned } from '../../conformance/servers/self-signed.ts';
import { selfTarget } from '../../conformance/servers/self-target.ts';
import type { Target } from '../../conformance/target.ts';
import { findTool } from '../support/tools.ts';

/** Rows that no configuration of ours lets decide. */
const UNDECIDED_HERE = ['C12'];

const skip =
  findTool('openssl') === null && !process.env.TUSD_TS_REQUIRE_ALL
    ? 'openssl is not installed'
    : false;

let folder = '';
let target: Target;
before(async () => {
  if (skip) return;
  folder = await mkdtemp(join(tmpdir(), 'tusd-ts-test-'));
  target = await selfTarget({ tls: await selfSigned(folder) });
  assert.match(target.url, /^https:/);
});
after(async () => {
  await target?.close?.();
  await rm(folder, { recursive: true, force: true });
});

for (const row of ROWS) {
  if (row.untestable !== undefined || UNDECIDED_HERE.includes(row.id)) continue;
  test(`over https: ${row.id} ${row.requirement}`, { skip }, async () => {
    const outcome = await judge(row, CHECKS[row.id], target);
    assert.deepEqual(outcome, { kind: 'pass' });
  });
}
