import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { z } from 'zod';
import { configTable, schemaText, withConfigTable } from '../../src/config/docs.ts';
import { CONFIG_KEYS, configFile, descriptionOf } from '../../src/config/schema.ts';
import { ROOT } from '../support/script.ts';
import { configFolder, FILE, loadIn } from './config-folder.ts';

const published = JSON.parse(schemaText());
const accepts = (value: unknown) => z.fromJSONSchema(published).safeParse(value).success;

test('the published JSON Schema and the README are up to date', () => {
  const run = spawnSync(
    process.execPath,
    ['--import', 'tsx', 'src/config/generate-docs.ts', '--check'],
    { cwd: ROOT, encoding: 'utf8' },
  );
  assert.equal(run.status, 0, run.stderr);
});

test('every key is documented in the schema, the table and the JSON Schema', () => {
  const table = configTable();
  for (const key of CONFIG_KEYS) {
    assert.ok(descriptionOf(key).length > 20, key);
    assert.ok(table.includes(`\n| \`${key}\` |`), key);
    assert.equal(published.properties[key].description, descriptionOf(key));
    assert.ok('default' in published.properties[key], key);
  }
  assert.equal(table.split('\n').length, CONFIG_KEYS.length + 2);
});

test('every row of the table has as many cells as its head', () => {
  for (const row of configTable().split('\n')) {
    assert.equal(row.replaceAll('\\|', '').split('|').length, 8, row);
  }
});

test('the table is replaced between its marks, and nothing else is touched', () => {
  const readme = 'before\n<!-- config-table -->\nold\n<!-- /config-table -->\nafter\n';
  const fresh = withConfigTable(readme);
  assert.ok(fresh.startsWith('before\n<!-- config-table -->\n'));
  assert.ok(fresh.endsWith('<!-- /config-table -->\nafter\n'));
  assert.ok(fresh.includes(configTable()) && !fresh.includes('\nold\n'));
  assert.equal(withConfigTable(fresh), fresh);
  assert.equal(withConfigTable('no marks'), 'no marks');
});

test('the example shows every key, in the order of the documentation', async () => {
  const example = JSON.parse(
    await readFile(join(ROOT, 'upload-daemon.config.example.json'), 'utf8'),
  );
  assert.deepEqual(Object.keys(example), ['$schema', ...CONFIG_KEYS]);
  assert.equal(example.$schema, './upload-daemon.config.schema.json');
});

test('the example is valid by the JSON Schema and loads as it is', async (t) => {
  const text = await readFile(join(ROOT, 'upload-daemon.config.example.json'), 'utf8');
  assert.ok(accepts(JSON.parse(text)));
  const { config } = await loadIn(await configFolder(t, { [FILE]: text }));
  assert.equal(config.uploadDir, '/srv/uploads');
  assert.equal(config.host, '127.0.0.1');
  assert.equal(config.completedRetentionMs, null);
});

test('the JSON Schema refuses what an editor should underline', () => {
  assert.ok(accepts({}));
  assert.ok(
    accepts({
      hooks: [
        {
          type: 'http',
          name: 'a',
          url: 'https://a.example',
          events: ['post-finish'],
          secrets: ['whsec_AAAA', { env: 'X' }],
          headers: { A: { file: 'x' } },
        },
      ],
    }),
  );
  const wrong = [
    { prot: 1 },
    { port: 70_000 },
    { port: '1080' },
    { retentionDays: 0 },
    { retentionDays: 'forever' },
    { maxSize: '5M' },
    { idleTimeout: 60 },
    { idleTimeout: '60' },
    { fsync: 'maybe' },
    { corsOrigins: '*' },
    { hooks: [{ type: 'mail' }] },
    { hooks: [{ type: 'http', name: 'a', url: 'https://a.example', events: ['x'] }] },
    { hooks: [{ type: 'command', name: 'a', events: ['post-finish'] }] },
  ];
  for (const value of wrong) {
    assert.ok(!accepts(value), JSON.stringify(value));
    assert.ok(!configFile.safeParse(value).success, JSON.stringify(value));
  }
});
