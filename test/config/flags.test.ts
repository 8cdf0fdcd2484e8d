import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CONFIG_FLAGS, pickConfigFlags } from '../../src/config/flags.ts';
import { CONFIG_KEYS } from '../../src/config/schema.ts';
import { CONFIG_VARIABLES } from '../../src/config/variables.ts';

test('every key but hooks has a flag and a variable', () => {
  const keys = CONFIG_KEYS.filter((key) => key !== 'hooks');
  assert.deepEqual(
    CONFIG_FLAGS.map((flag) => flag.key),
    keys,
  );
  assert.deepEqual([...CONFIG_VARIABLES.values()], keys);
});

test('flags are spelt as documented', () => {
  const spelling = new Map(CONFIG_FLAGS.map((flag) => [flag.key, flag]));
  assert.equal(spelling.get('uploadDir')?.flag, '--upload-dir');
  assert.equal(spelling.get('corsOrigins')?.flag, '--cors-origin');
  assert.equal(spelling.get('trustedProxies')?.flag, '--trusted-proxy');
  assert.equal(spelling.get('completedRetentionDays')?.flag, '--completed-retention-days');
  assert.equal(CONFIG_VARIABLES.get('UPLOAD_DAEMON_CORS_ORIGINS'), 'corsOrigins');
});

test('lists are repeatable, booleans take no value, and every flag says what it is for', () => {
  for (const flag of CONFIG_FLAGS) {
    assert.equal(flag.repeatable, ['corsOrigins', 'trustedProxies'].includes(flag.key), flag.key);
    assert.equal(flag.boolean, flag.key.startsWith('disable'), flag.key);
    assert.equal(flag.placeholder === '', flag.boolean, flag.key);
    assert.match(flag.description, /^[A-Z].*\.$/, flag.key);
  }
});

test("only the configuration's own options are picked, by their key", () => {
  const picked = pickConfigFlags({
    port: '1',
    corsOrigin: ['https://a.example'],
    disableDownload: true,
    json: true,
    config: 'x.json',
    hooks: 'x',
    host: undefined,
  });
  assert.deepEqual(picked, {
    port: '1',
    corsOrigins: ['https://a.example'],
    disableDownload: true,
  });
});
