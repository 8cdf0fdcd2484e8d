import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { test } from 'node:test';
import { type Authority, makeAuthority } from '../support/authority.ts';
import { makeCertificate } from '../support/certificate.ts';
import { temporaryFolder } from '../support/temporary.ts';
import { needing } from '../support/tools.ts';
import { until } from '../support/until.ts';
import { startCertified } from './support/certified.ts';
import { bearer, tokenOf, tokenSetting } from './support/guarded.ts';
import { tlsClient } from './support/tls-client.ts';

const OPENSSL = needing('openssl');

test('a certificate of a known authority names the principal', OPENSSL, async (t) => {
  const { folder, authority, daemon, url } = await startCertified(t);
  const alice = tlsClient(t, authority.issue('alice'));
  const made = await alice.create(url);
  assert.equal(made.status, 201);
  const upload = new URL(String(made.headers.location), url).href;
  assert.equal((await alice.ask(upload, 'GET')).text, 'hello');
  const bob = tlsClient(t, authority.issue('bob'));
  assert.equal((await bob.ask(upload, 'HEAD')).status, 404);
  assert.equal((await bob.ask(upload, 'DELETE')).status, 404);
  assert.match(daemon.output(), /alice/);
  // Without one there is nobody.
  const nobody = await tlsClient(t, null).create(url);
  assert.equal(nobody.status, 401);
  assert.match(nobody.text, /log in/);
  // One that is not trusted is told so, and is not the same as none.
  const strangers = [
    makeAuthority(folder, 'others').issue('mallory', { subject: '/CN=alice' }),
    makeCertificate(folder, 'alice-herself', ['alice']),
  ];
  for (const stranger of strangers) {
    const refused = await tlsClient(t, stranger).create(url);
    assert.equal(refused.status, 401);
    assert.match(refused.text, /the certificate is not trusted \([A-Z_]+\)/);
  }
  assert.match(daemon.output(), /certificate is not trusted/);
});

test('no certificate that cannot be trusted passes for an anonymous client', OPENSSL, async (t) => {
  const anonymous = { grants: ['create'] };
  const { folder, authority, url } = await startCertified(t, undefined, { auth: { anonymous } });
  assert.equal((await tlsClient(t, null).create(url)).status, 201);
  const past = { from: Date.now() - 9_000_000, to: Date.now() - 5_000_000 };
  const future = { from: Date.now() + 5_000_000, to: Date.now() + 9_000_000 };
  const server = { extensions: ['extendedKeyUsage=serverAuth'] };
  const wrong: [string, RegExp][] = [
    [authority.issue('past', past), /has expired/],
    [authority.issue('future', future), /not valid yet/],
    [authority.issue('server', server), /not trusted \(INVALID_PURPOSE\)/],
    [makeCertificate(folder, 'own', ['own']), /not trusted/],
  ].map(([one, sentence]) => [one, sentence] as never);
  for (const [certificate, sentence] of wrong) {
    const refused = await tlsClient(t, certificate as never).create(url);
    assert.equal(refused.status, 401);
    assert.match(refused.text, sentence);
  }
});

test('credentials in a header count rather than the certificate', OPENSSL, async (t) => {
  const auth = { tokens: [tokenSetting('robot')] };
  const { folder, authority, url } = await startCertified(t, undefined, { auth });
  const stranger = tlsClient(t, makeCertificate(folder, 'own', ['own']));
  assert.equal((await stranger.create(url, bearer(tokenOf('robot')))).status, 201);
  const alice = tlsClient(t, authority.issue('alice'));
  assert.equal((await alice.create(url, bearer('wrong-0123456789abcdef'))).status, 401);
  const made = await alice.create(url, bearer(tokenOf('robot')));
  const upload = new URL(String(made.headers.location), url).href;
  assert.equal((await alice.ask(upload, 'HEAD')).status, 404);
});

for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
  test(
    `a resumed session of ${version} has the certificate that it began with`,
    OPENSSL,
    async (t) => {
      const { authority, url } = await startCertified(t);
      const own = authority.issue('alice');
      const options = { minVersion: version, maxVersion: version };
      /** Two requests on two connections, the second one with the session of the first. */
      const twice = async (certificate: typeof own | null) => {
        const client = tlsClient(t, certificate, options);
        const first = await client.create(url);
        let second = await client.create(url);
        // The ticket of TLS 1.3 comes after the handshake.
        await until('a resumed session', async () => {
          second = await client.create(url);
          return second.resumed;
        });
        return [first.status, second.status];
      };
      assert.deepEqual(await twice(own), [201, 201]);
      // Node calls a resumed session of TLS 1.3 authorized, although nothing was shown.
      assert.deepEqual(await twice(null), [401, 401]);
    },
  );
}

test('each name of the server asks for certificates', OPENSSL, async (t) => {
  const folder = temporaryFolder(t);
  const second = makeCertificate(folder, 'second', ['second.example']);
  const first = makeCertificate(folder, 'first', ['first.example']);
  const { authority, url } = await startCertified(t, undefined, {
    tlsCertificates: [first.cert, second.cert],
    tlsKeys: [first.key, second.key],
  });
  const alice = authority.issue('alice');
  const stranger = makeCertificate(folder, 'own', ['own']);
  for (const servername of ['first.example', 'second.example', 'unknown.example', '']) {
    const statuses = [];
    for (const certificate of [alice, stranger, null]) {
      statuses.push((await tlsClient(t, certificate, { servername }).create(url)).status);
    }
    assert.deepEqual(statuses, [201, 401, 401], servername);
  }
});

test('the principal may be an alternative name, or that of a fingerprint', OPENSSL, async (t) => {
  const extensions = [
    'subjectAltName=email:alice@example.org,DNS:host.example.org,URI:spiffe://example.org/backup',
  ];
  const names = {
    commonName: 'cn',
    email: 'alice@example.org',
    dns: 'host.example.org',
    uri: 'spiffe://example.org/backup',
  };
  for (const [principalField, name] of Object.entries(names)) {
    const auth = { principals: { [name]: { grants: ['create'] } }, everyone: { grants: [] } };
    const { authority, url } = await startCertified(t, () => ({ principalField }), { auth });
    const both = authority.issue('cn', { extensions });
    assert.equal((await tlsClient(t, both).create(url)).status, 201, principalField);
    if (principalField === 'commonName') continue;
    const several = ['subjectAltName=email:a@x,email:b@x,DNS:a,DNS:b,URI:a:b,URI:b:b'];
    const unclear = await tlsClient(t, authority.issue('two', { extensions: several })).create(url);
    assert.deepEqual([unclear.status, /several/.test(unclear.text)], [401, true]);
    const none = await tlsClient(t, authority.issue('none')).create(url);
    assert.deepEqual([none.status, /names no user/.test(none.text)], [401, true]);
  }
});

test('with fingerprints no other certificate counts', OPENSSL, async (t) => {
  const made: { listed?: ReturnType<Authority['issue']> } = {};
  const { authority, url } = await startCertified(
    t,
    (one) => {
      made.listed = one.issue('listed');
      const { fingerprint256 } = new X509Certificate(readFileSync(made.listed.cert));
      return { fingerprints: { [fingerprint256]: 'alice' } };
    },
    { auth: { principals: { alice: { grants: ['create'] } }, everyone: { grants: [] } } },
  );
  assert.equal((await tlsClient(t, made.listed!).create(url)).status, 201);
  const other = await tlsClient(t, authority.issue('alice')).create(url);
  assert.deepEqual([other.status, /none of those/.test(other.text)], [401, true]);
});

test('hostile names are never taken for another one', OPENSSL, async (t) => {
  const { authority, url } = await startCertified(t, undefined, {
    auth: { principals: { alice: { grants: ['create'] } }, everyone: { grants: [] } },
  });
  const evil = authority.issue('alice.evil');
  const cut = authority.altered('nul', evil, 'alice.evil', 'alice\0evil');
  const refused = await tlsClient(t, cut).create(url);
  assert.equal(refused.status, 401);
  assert.match(refused.text, /names no user: the name has control characters/);
  // Names like any other: they are nobody's, and have the rules of everyone.
  for (const name of ['../x', '__proto__', 'constructor', 'Alice', 'alice.evil']) {
    const subject = `/CN=${name.replaceAll('/', '\\/')}`;
    const other = authority.issue(`plain-${name.replaceAll('/', '')}`, { subject });
    assert.equal((await tlsClient(t, other).create(url)).status, 403, name);
  }
});

test('a certificate that is required must come with every request', OPENSSL, async (t) => {
  const auth = { tokens: [tokenSetting('robot')], anonymous: { grants: ['create'] } };
  const { folder, authority, url } = await startCertified(t, () => ({ required: true }), { auth });
  const none = tlsClient(t, null);
  const robot = bearer(tokenOf('robot'));
  for (const headers of [{}, robot]) {
    const refused = await none.create(url, headers);
    assert.equal(refused.status, 401);
    assert.match(refused.text, /asks its clients for a certificate/);
  }
  assert.equal((await none.ask(url, 'OPTIONS')).status, 204);
  const stranger = tlsClient(t, makeCertificate(folder, 'own', ['own']));
  assert.equal((await stranger.create(url, robot)).status, 401);
  const alice = tlsClient(t, authority.issue('alice'));
  assert.equal((await alice.create(url, robot)).status, 201);
  assert.equal((await alice.create(url)).status, 201);
});

test('a unix socket has no certificates, and is no way around one', OPENSSL, async (t) => {
  const more = { auth: { tokens: [tokenSetting('robot')] } };
  const args = ['--listen', '127.0.0.1:0', '--listen', 'unix:door.sock'];
  const { daemon } = await startCertified(t, () => ({ required: true }), more, args);
  const sent = request({
    ...{ socketPath: join(daemon.folder, 'door.sock'), path: '/uploads/files/', method: 'POST' },
    headers: { 'Tus-Resumable': '1.0.0', 'Upload-Length': '5', ...bearer(tokenOf('robot')) },
  });
  sent.end();
  const [response] = await once(sent, 'response');
  response.resume();
  assert.equal(response.statusCode, 401);
});

test('pages of other sites may not use a certificate', OPENSSL, async (t) => {
  const { authority, url } = await startCertified(t, undefined, {
    corsOrigins: ['https://good.example'],
  });
  const alice = tlsClient(t, authority.issue('alice'));
  const from = (origin: string) =>
    alice.create(url, { Origin: origin, 'Sec-Fetch-Site': 'cross-site' });
  assert.equal((await from('https://evil.example')).status, 403);
  assert.equal((await from('https://good.example')).status, 201);
});

test('the certificate of a trusted proxy is not that of its clients', OPENSSL, async (t) => {
  const { authority, url } = await startCertified(t, undefined, {
    trustedProxies: ['127.0.0.1'],
    auth: { proxy: { header: 'X-Remote-User' } },
  });
  const proxy = tlsClient(t, authority.issue('proxy'));
  assert.equal((await proxy.create(url)).status, 401);
  assert.equal((await proxy.create(url, { 'X-Remote-User': 'alice' })).status, 201);
});
