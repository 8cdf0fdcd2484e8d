import assert from 'node:assert/strict';
import { test } from 'node:test';
import { flagsOf, pickConfigFlags } from '../../src/config/flags.ts';
import { KEYS } from '../../src/config/keys/keys.ts';
import { variablesOf } from '../../src/config/variables.ts';

const FLAGS = flagsOf(KEYS);
const VARIABLES = variablesOf(KEYS);

test('every key but those with an object has a flag and a variable', () => {
  const fileOnly = ['hooks', 'deliver', 'auth', 'storage', 'database'];
  const keys = Object.keys(KEYS).filter((key) => !fileOnly.includes(key));
  assert.deepEqual(
    FLAGS.map((flag) => flag.key),
    keys,
  );
  assert.deepEqual([...VARIABLES.values()], keys);
});

test('flags are spelt as documented', () => {
  const spelling = new Map(FLAGS.map((flag) => [flag.key, flag]));
  assert.equal(spelling.get('uploadDir')?.flag, '--upload-dir');
  assert.equal(spelling.get('corsOrigins')?.flag, '--cors-origin');
  assert.equal(spelling.get('trustedProxies')?.flag, '--trusted-proxy');
  assert.equal(spelling.get('completedRetentionDays')?.flag, '--completed-retention-days');
  assert.equal(VARIABLES.get('UPLOAD_DAEMON_CORS_ORIGINS'), 'corsOrigins');
});

test('lists are repeatable, booleans take no value, and every flag says what it is for', () => {
  for (const flag of FLAGS) {
    const lists = ['listen', 'corsOrigins', 'tlsCertificates', 'tlsKeys', 'trustedProxies'];
    assert.equal(flag.repeatable, lists.includes(flag.key), flag.key);
    const booleans = /^(?:disable|clientDownloads$|publicHealth$)/;
    assert.equal(flag.boolean, booleans.test(flag.key), flag.key);
    assert.equal(flag.placeholder === '', flag.boolean, flag.key);
    assert.match(flag.description, /^[A-Z].*\.$/, flag.key);
  }
});

test("only the configuration's own options are picked, by their key", () => {
  const options = {
    port: '1',
    corsOrigin: ['https://a.example'],
    disableDownload: true,
    json: true,
    config: 'x.json',
    hooks: 'x',
    host: undefined,
  };
  const picked = pickConfigFlags(options, KEYS);
  assert.deepEqual(picked, {
    port: '1',
    corsOrigins: ['https://a.example'],
    disableDownload: true,
  });
});
