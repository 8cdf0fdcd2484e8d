import assert from 'node:assert/strict';
import { createHmac, createPublicKey } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { exportSPKI, generateKeyPair, SignJWT } from 'jose';
import { openJwt } from '../../src/access/jwt.ts';
import { faultOf } from '../support/fault-of.ts';
import { temporaryFolder } from '../support/temporary.ts';
import { until } from '../support/until.ts';
import { bearer, create, created, startGuarded } from './support/guarded.ts';
import { CLAIMS, type Issuer, jwtSettings, startIssuer } from './support/issuer.ts';

const seconds = () => Math.floor(Date.now() / 1_000);

function part(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}

async function statusWith(url: string, token: string): Promise<number> {
  return (await create(url, bearer(token))).status;
}

test('the principal of a signed token owns what it uploads', async (t) => {
  const issuer = await startIssuer(t);
  const { url } = await startGuarded(t, { jwt: jwtSettings({ jwksUrl: issuer.url }) });
  const upload = await created(url, bearer(await issuer.sign({ sub: 'alice' })));
  const bob = bearer(await issuer.sign({ sub: 'bob' }));
  assert.equal((await fetch(upload, { headers: bob })).status, 404);
  const again = bearer(await issuer.sign({ sub: 'alice', jti: 'another' }));
  assert.equal((await fetch(upload, { headers: again })).status, 200);
  assert.equal(issuer.asked(), 1, 'the key set is kept');
});

test('tokens that are forged, of another time, or for somebody else get 401 with a sentence', async (t) => {
  const issuer = await startIssuer(t);
  const { url } = await startGuarded(t, { jwt: jwtSettings({ jwksUrl: issuer.url }) });
  const now = seconds();
  const good = await issuer.sign({});
  const [header = '', payload = '', signature = ''] = good.split('.');
  const publicPem = createPublicKey({
    key: JSON.parse(issuer.keySet()).keys[0],
    format: 'jwk',
  }).export({ type: 'spki', format: 'pem' });
  const confused = `${part({ alg: 'HS256', kid: 'key-0' })}.${payload}`;
  const hmac = createHmac('sha256', publicPem).update(confused).digest('base64url');
  const changed = part({ ...CLAIMS, sub: 'root', exp: now + 300 });
  const claims = { ...CLAIMS, exp: now + 300 };
  const stranger = await generateKeyPair('ES256');
  const own = await new SignJWT(claims)
    .setProtectedHeader({ alg: 'ES256', kid: 'key-0' })
    .sign(stranger.privateKey);
  const embedded = await new SignJWT(claims)
    .setProtectedHeader({ alg: 'ES256', jwk: { kty: 'EC' }, jku: 'http://127.0.0.1:1/' } as never)
    .sign(stranger.privateKey);
  const endless = await new SignJWT(CLAIMS)
    .setProtectedHeader({ alg: 'ES256', kid: 'key-0' })
    .sign(stranger.privateKey);
  const tokens: Record<string, string> = {
    expired: await issuer.sign({ exp: now - 10 }),
    'not yet valid': await issuer.sign({ nbf: now + 3_600 }),
    'of another issuer': await issuer.sign({ iss: 'https://evil.example' }),
    'for another audience': await issuer.sign({ aud: 'payroll' }),
    unsigned: `${part({ alg: 'none' })}.${payload}.`,
    'unsigned, in capitals': `${part({ alg: 'NONE' })}.${payload}.`,
    'without a signature': `${header}.${payload}.`,
    'with a changed payload': `${header}.${changed}.${signature}`,
    'signed with the public key as a secret': `${confused}.${hmac}`,
    "with a stranger's key": own,
    'with a key of its own': embedded,
    'without an end': endless,
    'with an unknown critical header': await issuer
      .sign({}, { crit: ['x'], x: 1 })
      .catch(() => `${part({ alg: 'ES256', crit: ['x'], x: 1 })}.${payload}.${signature}`),
    nameless: await issuer.sign({ sub: '' }),
    'with a name of 5,000 characters': await issuer.sign({ sub: 'x'.repeat(5_000) }),
    'with the name of a link': await issuer.sign({ sub: 'link:abc' }),
    garbage: 'a.b.c',
  };
  for (const [what, token] of Object.entries(tokens)) {
    const status = await statusWith(url, token);
    assert.ok(status === 401 || status === 429, `${what}: ${status}`);
  }
  assert.equal(await statusWith(url, good), 201);
});

test('a client learns that its token has expired', async (t) => {
  const issuer = await startIssuer(t);
  const { url } = await startGuarded(t, { jwt: jwtSettings({ jwksUrl: issuer.url }) });
  const answer = await create(url, bearer(await issuer.sign({ exp: seconds() - 10 })));
  assert.equal(answer.status, 401);
  assert.match(answer.headers.get('www-authenticate') ?? '', /error="invalid_token"/);
  assert.equal(await answer.text(), 'the token has expired\n');
});

test('the clocks may differ by clockSkew', async (t) => {
  const issuer = await startIssuer(t);
  const settings = jwtSettings({ jwksUrl: issuer.url, clockSkew: '30s' });
  const { url } = await startGuarded(t, { jwt: settings });
  assert.equal(await statusWith(url, await issuer.sign({ exp: seconds() - 5 })), 201);
  assert.equal(await statusWith(url, await issuer.sign({ nbf: seconds() + 20 })), 201);
  assert.equal(await statusWith(url, await issuer.sign({ exp: seconds() - 60 })), 401);
});

test('claims lower limits and never raise them', async (t) => {
  const issuer = await startIssuer(t);
  const { url } = await startGuarded(t, {
    jwt: jwtSettings({ jwksUrl: issuer.url, grantsClaim: 'scope', maxSizeClaim: 'max' }),
    everyone: { grants: ['create', 'read'], maxSize: 8 },
  });
  const as = async (claims: Record<string, unknown>) => bearer(await issuer.sign(claims));
  assert.equal((await create(url, await as({ scope: 'openid create', max: 5 }))).status, 201);
  assert.equal((await create(url, await as({ scope: 'create', max: 4 }))).status, 413);
  assert.equal(
    (await create(url, await as({ scope: 'create', max: 99 }), '123456789')).status,
    413,
  );
  assert.equal((await create(url, await as({ scope: 'read' }))).status, 403);
  assert.equal((await create(url, await as({}))).status, 403, 'without the claim');
  assert.equal((await create(url, await as({ scope: 'create', max: 'x' }))).status, 401);
  const upload = await created(url, await as({ scope: ['create', 'terminate'] }));
  const headers = { 'Tus-Resumable': '1.0.0', ...(await as({ scope: 'terminate' })) };
  assert.equal((await fetch(upload, { method: 'DELETE', headers })).status, 403);
});

test('a new key of the issuer is found, and the old one ends', async (t) => {
  const issuer = await startIssuer(t);
  const { url } = await startGuarded(t, { jwt: jwtSettings({ jwksUrl: issuer.url }) });
  assert.equal(await statusWith(url, await issuer.sign({})), 201);
  const old = await issuer.sign({ jti: 'old' });
  await issuer.rotate();
  const token = await issuer.sign({});
  await until('the new key', async () => (await statusWith(url, token)) === 201 || undefined);
  assert.notEqual(await statusWith(url, old), 201);
});

/** The check of tokens alone, for an issuer that answers in some way. */
async function checkWith(issuer: Issuer) {
  const warnings: string[] = [];
  const check = await openJwt({
    settings: {
      ...jwtSettings({ jwksUrl: issuer.url }),
      ...{ clockSkew: 0, principalClaim: 'sub' },
    } as never,
    now: Date.now,
    warn: (message) => warnings.push(message),
  });
  return { check, warnings };
}

test('a key set that is broken, huge, elsewhere or missing lets nobody in, and says so in the log', async (t) => {
  const issuer = await startIssuer(t);
  const token = await issuer.sign({});
  const answers: Record<string, NonNullable<Issuer['answer']>> = {
    'the status 500': (response) => response.writeHead(500).end(),
    'the status 302': (response) =>
      response.writeHead(302, { Location: `${issuer.url}/elsewhere` }).end(issuer.keySet()),
    'larger than': (response) => response.end(' '.repeat(300_000) + issuer.keySet()),
    'Failed to parse': (response) => response.end('<html>'),
    'JSON Web Key Set': (response) => response.end('{}'),
    'fetch failed': (response) => response.destroy(),
  };
  for (const [reason, answer] of Object.entries(answers)) {
    issuer.answer = answer;
    const { check, warnings } = await checkWith(issuer);
    const asked = issuer.asked();
    for (let count = 0; count < 2; count++) {
      const fault = await faultOf(check(token));
      assert.deepEqual([fault.code, fault.retryAfter], ['UNAVAILABLE', 5]);
    }
    assert.ok(warnings[0]?.includes(reason), `${reason}: ${warnings[0]}`);
    assert.equal(issuer.asked(), asked + 1, 'not asked again at once');
  }
});

test('a key file is a public key in PEM or a key set; one that mixes kinds of keys is refused', async (t) => {
  const folder = temporaryFolder(t);
  const { publicKey, privateKey } = await generateKeyPair('RS256');
  const open = (name: string, text: string) => {
    writeFileSync(join(folder, name), text);
    const settings = { ...jwtSettings({ keyFile: join(folder, name) }), clockSkew: 0 };
    const warn = () => {};
    return openJwt({
      settings: { ...settings, principalClaim: 'sub' } as never,
      now: Date.now,
      warn,
    });
  };
  const sign = (alg: string, key: Parameters<SignJWT['sign']>[0]) =>
    new SignJWT(CLAIMS).setProtectedHeader({ alg }).setExpirationTime('5m').sign(key);
  const pem = await open('key.pem', await exportSPKI(publicKey));
  assert.deepEqual(await pem(await sign('RS256', privateKey)), { name: 'alice', ambient: false });
  const spki = Buffer.from(await exportSPKI(publicKey));
  assert.ok('wrong' in (await pem(await sign('HS256', spki))), 'the public key is no secret');
  const secret = Buffer.alloc(32, 7);
  const oct = { kty: 'oct', k: secret.toString('base64url'), alg: 'HS256' };
  const shared = await open('shared.json', JSON.stringify(oct));
  assert.deepEqual(await shared(await sign('HS256', secret)), { name: 'alice', ambient: false });
  const issuer = await startIssuer(t);
  const mixed = { keys: [...JSON.parse(issuer.keySet()).keys, oct] };
  for (const [name, text] of [
    ['mixed.json', JSON.stringify(mixed)],
    ['bad.pem', 'hello'],
    ['short.json', JSON.stringify({ ...oct, k: 'c2hvcnQ' })],
  ] as const) {
    assert.equal((await faultOf(open(name, text))).code, 'CONFIG', name);
  }
});

test('a clock that is set back does not keep a token for longer', async (t) => {
  const issuer = await startIssuer(t);
  const begun = Date.now();
  let [wall, monotonic] = [begun, 0];
  const check = await openJwt({
    settings: {
      ...jwtSettings({ jwksUrl: issuer.url }),
      clockSkew: 0,
      principalClaim: 'sub',
    } as never,
    now: () => wall,
    monotonic: () => monotonic,
    warn: () => {},
  });
  const token = await issuer.sign({ nbf: Math.floor(begun / 1000) - 60 });
  const alice = { name: 'alice', ambient: false };
  assert.deepEqual(await check(token), alice);
  wall -= 3_600_000;
  monotonic += 29_000;
  assert.deepEqual(await check(token), alice, 'it was checked a moment ago');
  monotonic += 2_000;
  assert.deepEqual(await check(token), { wrong: 'the token is not valid yet' });
});
