import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { describeConfig } from '../../src/config/describe.ts';
import { configFolder, FILE, faultOf, loadIn } from './config-folder.ts';

const TOKEN = 'a-token-of-many-characters';
const HASH = createHash('sha256').update(TOKEN).digest('hex');

test('a token comes from a file, a variable or as its hash, and only the hash is kept', async (t) => {
  const secrets = [{ file: 'token' }, { env: 'TOKEN' }, { file: 'hash' }, `sha256:${HASH}`];
  const tokens = secrets.map((secret) => ({ name: 'a', secret }));
  const folder = await configFolder(t, { [FILE]: { auth: { tokens } } });
  writeFileSync(join(folder, 'token'), `${TOKEN}\n`);
  writeFileSync(join(folder, 'hash'), `sha256:${HASH}\n`);
  const loaded = await loadIn(folder, { env: { TOKEN } });
  assert.deepEqual(
    loaded.config.auth?.tokens.map(({ hash }) => hash),
    [HASH, HASH, HASH, HASH],
  );
  assert.doesNotMatch(JSON.stringify(loaded.config), new RegExp(TOKEN));
  assert.doesNotMatch(JSON.stringify(loaded.sources), new RegExp(HASH));
  assert.match(JSON.stringify(loaded.sources.auth), /"file":"token"/);
  const row = describeConfig(loaded).find(({ key }) => key === 'auth');
  assert.equal(row?.value, 'tokens (4)');
});

test('a token in the file itself, or one that could be guessed, is refused and never quoted', async (t) => {
  for (const secret of [TOKEN, 'short', 'sha256:abc', { env: 'SHORT' }, { env: 'BLANK' }]) {
    const folder = await configFolder(t, { [FILE]: { auth: { tokens: [{ name: 'a', secret }] } } });
    const env = { SHORT: 'pass', BLANK: 'a token with blanks in it' };
    const { code, message } = await faultOf(loadIn(folder, { env }));
    assert.equal(code, 'CONFIG');
    assert.match(message, /auth\.tokens\[0\]\.secret/);
    assert.doesNotMatch(message, /a-token|is "short|pass|with blanks/);
  }
});

/** As openssl and Node write it. */
const FINGERPRINT = Array<string>(32).fill('AB').join(':');

test('paths count from the folder of the configuration file, and rules have their defaults', async (t) => {
  const auth = {
    basic: { file: 'users' },
    jwt: { keyFile: 'key.pem', issuer: 'https://a.example', audience: 'b' },
    certificate: { ca: ['ca.pem'], crl: ['/etc/crl.pem'], fingerprints: { [FINGERPRINT]: 'bob' } },
    proxy: { header: 'X-User' },
    principals: { bob: { grants: ['read', 'read'], maxSize: '1KiB' } },
  };
  const folder = await configFolder(t, { [FILE]: { auth } });
  const { config } = await loadIn(folder);
  const usual = ['create', 'append', 'read', 'terminate'];
  const unlimited = {
    ...{ maxSize: null, maxOpenUploads: null, maxCreationsPerMinute: null, maxBytesPerDay: null },
    ...{ maxTotalSize: null, maxBandwidth: null, maxLifetimeDays: null, types: [], names: [] },
  };
  assert.deepEqual(config.auth, {
    tokens: [],
    basic: { file: join(folder, 'users') },
    jwt: {
      ...{ keyFile: join(folder, 'key.pem'), issuer: 'https://a.example', audience: 'b' },
      ...{ clockSkew: 30_000, principalClaim: 'sub' },
    },
    certificate: {
      ...{ ca: [join(folder, 'ca.pem')], crl: ['/etc/crl.pem'], required: false },
      fingerprints: new Map([['ab'.repeat(32), 'bob']]),
    },
    proxy: { header: 'x-user' },
    hookCacheMs: 5_000,
    everyone: { grants: usual, ...unlimited },
    principals: new Map([['bob', { ...unlimited, grants: ['read'], maxSize: 1024 }]]),
    anonymous: { grants: [], ...unlimited },
  });
});

test('what is wrong in auth is named with its place', async (t) => {
  const jwt = { issuer: 'a', audience: 'b' };
  const wrong: [unknown, RegExp][] = [
    [{ tokens: [{ name: 'link:a', secret: `sha256:${HASH}` }] }, /auth\.tokens\[0\]\.name .*links/],
    [{ tokens: [{ name: 'x'.repeat(201), secret: `sha256:${HASH}` }] }, /longer than 200/],
    [{ principals: { 'a\nb': {} } }, /control characters/],
    [{ principals: { a: { grants: ['write'] } } }, /auth\.principals\.a\.grants\[0\]/],
    [{ grants: [] }, /unknown key "grants"/],
    [{ anonymus: {} }, /Did you mean "anonymous"/],
    [{ jwt }, /it needs either a "jwksUrl" or a "keyFile"/],
    [{ jwt: { ...jwt, keyFile: 'a', jwksUrl: 'https://a.example' } }, /either/],
    [{ jwt: { ...jwt, jwksUrl: 'file:///etc/passwd' } }, /http or https/],
    [{ jwt: { ...jwt, jwksUrl: 'https://u:hidden@a.example' } }, /a key set is public/],
    [{ proxy: { header: 'Host' } }, /auth\.proxy\.header/],
    [[], /auth/],
    ['open', /auth/],
  ];
  for (const [auth, expected] of wrong) {
    const folder = await configFolder(t, { [FILE]: { auth } });
    const { code, message } = await faultOf(loadIn(folder));
    assert.equal(code, 'CONFIG');
    assert.match(message, expected);
    assert.doesNotMatch(message, /hidden/);
  }
});
