import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { describeConfig } from '../../src/config/describe.ts';
import { assertPairing } from '../../src/config/storage/pairing.ts';
import { Fault } from '../../src/fault.ts';
import { runCli } from '../support/cli-host.ts';
import { configFolder, FILE, faultOf, loadIn } from './config-folder.ts';

const S3 = { type: 's3', bucket: 'uploads' };
const DATABASE = { url: 'postgres://tusd@db.example.org/uploads' };

test('without a word about it everything is local', async (t) => {
  const { config } = await loadIn(await configFolder(t));
  assert.deepEqual(config.storage, { type: 'local' });
  assert.equal(config.database, null);
});

test('a bucket and a database need little', async (t) => {
  const folder = await configFolder(t, { [FILE]: { storage: S3, database: DATABASE } });
  const loaded = await loadIn(folder);
  assert.deepEqual(loaded.config.storage, {
    ...S3,
    prefix: '',
    download: 'proxy',
    forcePathStyle: false,
    credentials: undefined,
  });
  assert.deepEqual(loaded.config.database, { ...DATABASE, poolSize: 10, ssl: undefined });
  assertPairing(loaded);
});

test('keys and the URL come from files and variables, and none is shown', async (t) => {
  const storage = {
    ...S3,
    prefix: 'a/b',
    endpoint: 'http://127.0.0.1:7480/',
    credentials: { accessKeyId: { env: 'UPLOAD_DAEMON_S3_ID' }, secretAccessKey: { file: 'key' } },
    partSize: '16MiB',
  };
  const database = { url: { env: 'DATABASE_URL' }, poolSize: 4, ssl: { ca: 'ca.pem' } };
  const folder = await configFolder(t, { [FILE]: { storage, database } });
  writeFileSync(join(folder, 'key'), 'very-secret\n');
  const pem = '-----BEGIN CERTIFICATE-----\nx\n-----END CERTIFICATE-----\n';
  writeFileSync(join(folder, 'ca.pem'), pem);
  const url = 'postgresql://tusd:pass%40word@db/uploads?sslmode=require';
  const env = { UPLOAD_DAEMON_S3_ID: 'the-id', DATABASE_URL: url };
  const loaded = await loadIn(folder, { env });
  assert.deepEqual(loaded.config.storage, {
    ...storage,
    prefix: 'a/b/',
    endpoint: 'http://127.0.0.1:7480',
    forcePathStyle: true,
    download: 'proxy',
    credentials: { accessKeyId: 'the-id', secretAccessKey: 'very-secret' },
    partSize: 16 * 2 ** 20,
  });
  assert.deepEqual(loaded.config.database, { url, poolSize: 4, ssl: { ca: pem } });
  const shown = JSON.stringify([loaded.sources, describeConfig(loaded)]);
  assert.doesNotMatch(shown, /the-id|very-secret|pass|BEGIN/);
  assert.match(shown, /DATABASE_URL/);
  assert.match(shown, /"secretAccessKey":\{"file":"key"\}/);
});

test('what is written into the file itself is not shown either', async (t) => {
  const credentials = {
    accessKeyId: 'the-id',
    secretAccessKey: 'very-secret',
    sessionToken: 'tok',
  };
  const database = { url: 'postgres://tusd:password@db/uploads?password=password' };
  const folder = await configFolder(t, {
    [FILE]: { storage: { ...S3, credentials }, database },
  });
  for (const args of [['config'], ['config', '--json']]) {
    const { code, stdout } = await runCli(args, { cwd: folder });
    assert.equal(code, 0);
    assert.doesNotMatch(stdout, /the-id|very-secret|"tok"|password/);
    assert.match(stdout, /db\/uploads/);
  }
});

const BAD: readonly (readonly [string, object, RegExp])[] = [
  ['no bucket', { storage: { type: 's3' } }, /storage\.bucket is missing/],
  ['a type that is none', { storage: { type: 'gcs' } }, /it must be "local" or "s3"/],
  ['no type', { storage: {} }, /it must be (an object with a "type"|"local" or "s3")/],
  ['a bucket with a slash', { storage: { ...S3, bucket: 'a/b' } }, /without a slash/],
  ['a prefix that climbs', { storage: { ...S3, prefix: '../x' } }, /single slashes/],
  ['a prefix with an empty name', { storage: { ...S3, prefix: 'a//b' } }, /single slashes/],
  ['a prefix that begins with a slash', { storage: { ...S3, prefix: '/a' } }, /single slashes/],
  ['an endpoint that is no URL', { storage: { ...S3, endpoint: 'minio:9000' } }, /http or https/],
  [
    'keys in the endpoint',
    { storage: { ...S3, endpoint: 'https://id:very-secret@s3' } },
    /use "credentials"/,
  ],
  [
    'half of the keys',
    { storage: { ...S3, credentials: { accessKeyId: 'a' } } },
    /secretAccessKey/,
  ],
  ['parts that S3 refuses', { storage: { ...S3, partSize: '1MiB' } }, /from 5MiB to 5GiB/],
  ['a misspelled key', { storage: { ...S3, Bucket: 'x' } }, /Did you mean "bucket"\?/],
  ['a key of S3 in local', { storage: { type: 'local', bucket: 'x' } }, /unknown key "bucket"/],
  ['a URL of another database', { database: { url: 'mysql://very-secret@db/x' } }, /postgres:\/\//],
  ['words of libpq', { database: { url: 'host=db password=very-secret' } }, /postgres:\/\//],
  ['a pool of one', { database: { ...DATABASE, poolSize: 1 } }, /from 2 to 100/],
  ['a misspelled pool', { database: { ...DATABASE, poolsize: 9 } }, /Did you mean "poolSize"\?/],
  ['a variable that is not set', { database: { url: { env: 'NOPE' } } }, /NOPE is not set/],
  ['a file that is not there', { database: { url: { file: 'nope' } } }, /nope does not exist/],
  [
    'authorities that are not there',
    { database: { ...DATABASE, ssl: { ca: 'no.pem' } } },
    /no\.pem/,
  ],
];

for (const [name, content, expected] of BAD) {
  test(`refused, without quoting a secret: ${name}`, async (t) => {
    const fault = await faultOf(loadIn(await configFolder(t, { [FILE]: content })));
    assert.equal(fault.code, 'CONFIG');
    assert.match(fault.message, expected);
    assert.doesNotMatch(fault.message, /very-secret/);
  });
}

test('the commands that deliver nothing read the secrets of the storage, and need them', async (t) => {
  const database = { url: { env: 'DATABASE_URL' } };
  const folder = await configFolder(t, { [FILE]: { storage: S3, database } });
  const missing = await faultOf(loadIn(folder, { withSecrets: false }));
  assert.match(missing.message, /database\.url .*DATABASE_URL is not set/);
  const env = { DATABASE_URL: DATABASE.url };
  const { config } = await loadIn(folder, { withSecrets: false, env });
  assert.equal(config.database?.url, DATABASE.url);
});

const PAIRS: readonly (readonly [string, object, RegExp])[] = [
  [
    'a bucket without a database',
    { storage: S3 },
    /storage \(.*\) is "s3", but there is no database/,
  ],
  [
    'a database without a bucket',
    { database: DATABASE },
    /database \(.*\) is set, but storage is "local"/,
  ],
  [
    'memory and a bucket',
    { storage: S3, database: DATABASE, uploadDir: ':memory:' },
    /uploadDir \(.*\) is :memory:, but storage is "s3"/,
  ],
  [
    'rules that deliver files of a bucket',
    { storage: S3, database: DATABASE, deliver: { to: '/srv/{name}' } },
    /deliver \(.*\) does not go with storage "s3"/,
  ],
  [
    'places that hooks choose, and a bucket',
    { storage: S3, database: DATABASE, storageRoot: '/srv' },
    /storageRoot \(.*\) does not go with storage "s3"/,
  ],
];

for (const [name, content, expected] of PAIRS) {
  test(`refused, because one of them would be ignored: ${name}`, async (t) => {
    const folder = await configFolder(t, { [FILE]: content });
    const loaded = await loadIn(folder);
    assert.throws(
      () => assertPairing(loaded),
      (error) => error instanceof Fault && error.code === 'CONFIG' && expected.test(error.message),
    );
    const { code, stderr } = await runCli(['serve', '--check'], { cwd: folder });
    assert.equal(code, 78);
    assert.match(stderr, expected);
  });
}
