import assert from 'node:assert/strict';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { runCommand } from '../support/command.ts';
import { temporaryFolder } from '../support/temporary.ts';
import { until } from '../support/until.ts';
import { sampleOf, startWatched, uploadTo } from './admin.ts';

test('files that a rule cannot deliver are in the metrics, in status and in deliver list', async (t) => {
  const folder = temporaryFolder(t);
  const inbox = join(folder, 'inbox');
  const config = join(folder, 'config.json');
  writeFileSync(config, JSON.stringify({ deliver: { name: 'in', to: `${inbox}/{id}` } }));
  // A file in the way of the folder.
  writeFileSync(inbox, '');
  const uploads = join(folder, 'uploads');
  mkdirSync(uploads);
  const daemon = await startWatched(t, ['--config', config], uploads);
  await uploadTo(daemon.url, 10);
  const failing = 'tusd_ts_undelivered{rule="in",state="failing"}';
  const untilSample = (series: string, value: number | undefined) =>
    until(`${series} to be ${value}`, async () => {
      const { body } = await daemon.ask('/metrics');
      return sampleOf(body, series) === value && body;
    });
  const metrics = await untilSample(failing, 1);
  assert.ok(sampleOf(metrics, 'tusd_ts_undelivered_oldest_seconds{rule="in"}')! >= 0);
  const run = async (...args: string[]) =>
    (await runCommand([...args, '--config', config], { cwd: folder })).stdout;
  const at = ['status', '--admin-listen', daemon.admin.replace('http://', '')];
  assert.match(await run(...at), /\n {2}rule +in: 0 pending, 1 failing, the oldest .+ old · 0 del/);
  const { checks } = JSON.parse((await daemon.ask('/readyz')).body);
  assert.deepEqual(checks.deliver, { ok: true }, 'it is tried again and again');
  const list = ['deliver', 'list', '--json', '--upload-dir', uploads];
  const { totals } = JSON.parse(await run(...list));
  assert.ok(Date.parse(totals[0].oldestAt) <= Date.now());

  rmSync(inbox);
  await run('deliver', 'retry', '--all', '--upload-dir', uploads);
  await untilSample('tusd_ts_delivered_total{rule="in"}', 1);
  await untilSample(failing, undefined);
  const status = JSON.parse(await run(...at, '--json'));
  assert.deepEqual([status.undelivered, status.delivered], [[], { in: 1 }]);
});
