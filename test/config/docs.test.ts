import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { Command } from 'commander';
import { z } from 'zod';
import { addKeyOptions } from '../../src/cli/store/config-options.ts';
import { commonKeys, keysReference, schemaText, withPart } from '../../src/config/docs.ts';
import { pickConfigFlags } from '../../src/config/flags.ts';
import { fileSchema, type Key } from '../../src/config/key.ts';
import { KEYS } from '../../src/config/keys/keys.ts';
import { ROOT } from '../support/script.ts';
import { configFolder, FILE, loadIn } from './config-folder.ts';

const published = JSON.parse(schemaText(KEYS));
const accepts = (value: unknown) => z.fromJSONSchema(published).safeParse(value).success;

test('what is made from the keys is up to date', () => {
  const run = spawnSync(
    process.execPath,
    ['--import', 'tsx', 'src/config/generate-docs.ts', '--check'],
    { cwd: ROOT, encoding: 'utf8' },
  );
  assert.equal(run.status, 0, run.stderr);
});

test('every key has a meaning, a default and an example that is allowed', () => {
  const page = keysReference(KEYS);
  for (const [name, key] of Object.entries<Key>(KEYS)) {
    assert.match(key.meaning, /^[A-Z].{20,}\.$/, name);
    assert.ok(
      page.includes(`\n### ${name}\n\n${key.meaning}\n\n- allowed: ${key.allowed}\n`),
      name,
    );
    assert.equal(published.properties[name].description, key.meaning);
    assert.deepEqual(published.properties[name].default, key.default);
    assert.ok(key.schema.safeParse(key.default).success, name);
    assert.ok(key.schema.safeParse(key.example).success, name);
    assert.notDeepEqual(key.example, key.default, name);
  }
});

test('the examples of the documentation mean the same in the file, as flags and as variables', async (t) => {
  const page = keysReference(KEYS);
  const shell = (name: RegExp) =>
    [...page.matchAll(name)].map(([, words = '']) =>
      spawnSync('sh', ['-c', `printf '%s\\n' ${words}`], { encoding: 'utf8' })
        .stdout.trimEnd()
        .split('\n'),
    );
  const file = [...page.matchAll(/^- file: `(.+)`$/gm)].map(([, line]) => line).join(',');
  // There may be no such group here.
  const content = { ...JSON.parse(`{${file}}`), fileGroup: '0' };
  const secrets = { S3_ACCESS_KEY: 'a', S3_SECRET_KEY: 'b', DATABASE_URL: 'postgres://db/c' };
  const byFile = await loadIn(await configFolder(t, { [FILE]: content }), { env: secrets });
  // These are described in the file alone.
  const storage = { type: 'local' };
  const fileOnly = { hooks: [], deliver: [], auth: null, storage, database: null };
  const wanted = { ...byFile.config, ...fileOnly };

  const env = Object.fromEntries(
    [...page.matchAll(/^- variable: `(\w+)=(.+)`$/gm)].map(([, name = '', value = '']) => [
      name,
      value.replace(/^'(.*)'$/, '$1'),
    ]),
  );
  const byVariables = await loadIn(await configFolder(t), {
    env: { ...env, UPLOAD_DAEMON_FILE_GROUP: '0' },
  });
  assert.deepEqual({ ...byVariables.config, ...fileOnly }, wanted);

  const command = addKeyOptions(new Command(), KEYS);
  command.parse(['', '', ...shell(/^- flag: `(--.+)`$/gm).flat(), '--file-group', '0']);
  const flags = pickConfigFlags(command.opts(), KEYS);
  const byFlags = await loadIn(await configFolder(t), { flags });
  assert.deepEqual({ ...byFlags.config, ...fileOnly }, wanted);
});

test('every row of a table has as many cells as its head', () => {
  for (const [text, cells] of [
    [keysReference(KEYS), 5],
    [commonKeys(KEYS), 3],
  ] as const) {
    const rows = text.split('\n').filter((line) => line.startsWith('|'));
    assert.ok(rows.length > 5);
    for (const row of rows) {
      assert.equal(row.replaceAll('\\|', '').split('|').length, cells + 2, row);
    }
  }
});

test('a part is replaced between its marks, and nothing else is touched', () => {
  const page = 'before\n<!-- part -->\nold\n<!-- /part -->\nafter\n';
  const fresh = withPart(page, 'part', 'new');
  assert.equal(fresh, 'before\n<!-- part -->\n\nnew\n\n<!-- /part -->\nafter\n');
  assert.equal(withPart(fresh, 'part', 'new'), fresh);
  assert.equal(withPart('no marks', 'part', 'new'), null);
});

test('the example file shows every key, in the order of the documentation', async () => {
  const example = JSON.parse(
    await readFile(join(ROOT, 'upload-daemon.config.example.json'), 'utf8'),
  );
  assert.deepEqual(Object.keys(example), ['$schema', ...Object.keys(KEYS)]);
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
    { uploadDir: 1 },
    { hooks: [{ type: 'mail' }] },
    { hooks: [{ type: 'http', name: 'a', url: 'https://a.example', events: ['x'] }] },
    { hooks: [{ type: 'command', name: 'a', events: ['post-finish'] }] },
  ];
  for (const value of wrong) {
    assert.ok(!accepts(value), JSON.stringify(value));
    assert.ok(!fileSchema(KEYS).safeParse(value).success, JSON.stringify(value));
  }
});
