import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { type TestContext, test } from 'node:test';
import type { AccessRequest } from '../../src/access/access-request.ts';
import { createCertificateCheck } from '../../src/access/certificate.ts';
import { alternativeNames } from '../../src/access/certificate-name.ts';
import type { CertificateSettings } from '../../src/config/auth/auth-schema.ts';
import { makeAuthority } from '../support/authority.ts';
import type { CertificateFile } from '../support/certificate.ts';
import { temporaryFolder } from '../support/temporary.ts';
import { needing } from '../support/tools.ts';

const OPENSSL = needing('openssl');
const SETTINGS: CertificateSettings = { ca: [], crl: [], required: false };

/** What a valid certificate says about its client. */
function identify(
  file: CertificateFile,
  settings: Partial<CertificateSettings> = {},
  now = Date.now(),
) {
  const certificate = new X509Certificate(readFileSync(file.cert));
  const check = createCertificateCheck({
    settings: { ...SETTINGS, ...settings },
    certificateOf: () => ({ kind: 'valid', certificate }),
    now: () => now,
  });
  return check.identify({ client: { trusted: false } } as AccessRequest);
}

function authorityOf(t: TestContext) {
  return makeAuthority(temporaryFolder(t), 'clients');
}

test('a certificate counts within its time, whatever TLS found out earlier', OPENSSL, (t) => {
  const [from, to] = [1_800_000_000_000, 1_800_000_600_000];
  const file = authorityOf(t).issue('alice', { from, to });
  const alice = { name: 'alice', ambient: true };
  assert.deepEqual(identify(file, {}, from), alice);
  assert.deepEqual(identify(file, {}, to - 1), alice);
  assert.deepEqual(identify(file, {}, to), { wrong: 'the certificate has expired' });
  assert.deepEqual(identify(file, {}, from - 1), { wrong: 'the certificate is not valid yet' });
});

test('what cannot be the name of a principal names nobody', OPENSSL, (t) => {
  const authority = authorityOf(t);
  const evil = authority.issue('alice.evil');
  const wrong = {
    nul: authority.altered('nul', evil, 'alice.evil', 'alice\0evil'),
    newline: authority.altered('newline', evil, 'alice.evil', 'alice\nevil'),
    empty: authority.issue('empty', { subject: '/' }),
    organization: authority.issue('organization', { subject: '/O=alice' }),
    decomposed: authority.issue('decomposed', { subject: '/CN=franc\u0327oise' }),
    link: authority.issue('link', { subject: '/CN=link:4k2p9x0abc' }),
    blank: authority.issue('blank', { subject: '/CN= alice' }),
    several: authority.issue('several', { subject: '/CN=alice/CN=bob' }),
  };
  for (const [what, file] of Object.entries(wrong)) {
    const found = identify(file);
    assert.match(String(found && 'wrong' in found && found.wrong), /names (?:no|several)/, what);
  }
  const composed = authority.issue('composed', { subject: '/CN=fran\u00e7oise' });
  assert.deepEqual(identify(composed), { name: 'fran\u00e7oise', ambient: true });
});

test('alternative names are read as they are, also those that look like several', OPENSSL, (t) => {
  const authority = authorityOf(t);
  const named = (name: string) =>
    authority.issue('san', { extensions: [`subjectAltName=${name}`] });
  const uri = { principalField: 'uri' } as const;
  const name = 'x:a, URI:x:alice';
  const plain = authority.issue('plain', { extensions: ['subjectAltName=URI:x:a0 URI:x:alice'] });
  const hidden = authority.altered('hidden', plain, 'x:a0 URI', 'x:a, URI');
  assert.deepEqual(identify(hidden, uri), { name, ambient: true });
  assert.deepEqual(identify(named('URI:x:alice,DNS:a,email:b@c'), uri), {
    ...{ name: 'x:alice', ambient: true },
  });
  const long = identify(named(`URI:x:${'y'.repeat(5_000)}`), uri);
  assert.match(String(long && 'wrong' in long && long.wrong), /longer than 200/);
  const none = identify(named('DNS:alice'), uri);
  assert.match(String(none && 'wrong' in none && none.wrong), /names no user: the name is empty/);
});

test('a list of alternative names that is not understood has no names', () => {
  assert.deepEqual(alternativeNames('DNS:a, DNS:"b\\u0000, DNS:c", IP Address:::1', 'DNS'), [
    ...['a', 'b\0, DNS:c'],
  ]);
  assert.deepEqual(alternativeNames('DNS:a, DNS:"b', 'DNS'), []);
  assert.deepEqual(alternativeNames('', 'DNS'), []);
});
