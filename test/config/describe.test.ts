import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { configJson, describeConfig } from '../../src/config/describe.ts';
import { KEYS } from '../../src/config/keys/keys.ts';
import { configFolder, FILE, loadIn } from './config-folder.ts';

const hook = { type: 'command', name: 'scan', command: '/bin/true', events: ['post-finish'] };

test('every key has a row with its value and where it came from', async (t) => {
  const folder = await configFolder(t, { [FILE]: { maxSize: '10GiB', hooks: [hook] } });
  const rows = describeConfig(
    await loadIn(folder, { flags: { trustedProxies: ['10.0.0.1', '10.0.0.2'] } }),
  );
  assert.deepEqual(
    rows.map((row) => row.key),
    Object.keys(KEYS),
  );
  const byKey = new Map(rows.map((row) => [row.key, row]));
  const where = join(folder, FILE);
  assert.deepEqual(byKey.get('maxSize'), { key: 'maxSize', value: '10GiB', source: 'file', where });
  assert.equal(byKey.get('hooks')?.value, 'scan (command)');
  assert.equal(byKey.get('trustedProxies')?.value, '10.0.0.1, 10.0.0.2');
  assert.equal(byKey.get('trustedProxies')?.where, '--trusted-proxy');
  assert.equal(byKey.get('publicUrl')?.value, '(not set)');
  assert.equal(byKey.get('uploadDir')?.value, join(folder, 'uploads'));
});

test('the JSON has values that a file accepts, and raw numbers beside them', async (t) => {
  const folder = await configFolder(t, {
    [FILE]: { maxSize: '10GiB', drainTimeout: '1m', retentionDays: 2, hooks: [hook] },
  });
  const json = configJson(await loadIn(folder));
  assert.equal(json.file, join(folder, FILE));
  const byKey = new Map(json.values.map((value) => [value.key, value]));
  assert.equal(byKey.get('maxSize')?.bytes, 10_737_418_240);
  assert.equal(byKey.get('drainTimeout')?.durationMs, 60_000);
  assert.equal(byKey.get('retentionDays')?.durationMs, 172_800_000);
  assert.equal(byKey.get('completedRetentionDays')?.durationMs, null);

  const copy = Object.fromEntries(json.values.map(({ key, value }) => [key, value]));
  const again = await loadIn(await configFolder(t, { [FILE]: copy }));
  assert.deepEqual(again.config, (await loadIn(folder)).config);
});
