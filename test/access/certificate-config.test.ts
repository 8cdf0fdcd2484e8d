import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { makeAuthority } from '../support/authority.ts';
import { makeCertificate } from '../support/certificate.ts';
import { runCommand } from '../support/command.ts';
import { temporaryFolder } from '../support/temporary.ts';
import { needing } from '../support/tools.ts';

const OPENSSL = needing('openssl');

test('settings of certificates that cannot work are named before a start', OPENSSL, async (t) => {
  const cwd = temporaryFolder(t);
  const authority = makeAuthority(cwd, 'clients');
  const server = makeCertificate(cwd, 'server', ['localhost']);
  const alice = authority.issue('alice');
  const tls = { tlsCertificates: [server.cert], tlsKeys: [server.key] };
  const config = join(cwd, 'upload-daemon.config.json');
  const run = (certificate: object, more: object = tls, ...args: string[]) => {
    writeFileSync(config, JSON.stringify({ port: 0, ...more, auth: { certificate } }));
    return runCommand([...(args.length > 0 ? args : ['serve', '--check'])], { cwd });
  };
  const ca = [authority.cert];
  const print = 'ab'.repeat(32);
  const wrong: [object, RegExp, object?][] = [
    [{ ca }, /auth\.certificate is given, but no tlsCertificates/, {}],
    [{}, /auth\.certificate\.ca/],
    [{ ca: [] }, /at least one file/],
    [{ ca: ['none.pem'] }, /none\.pem cannot be read \(ENOENT\)/],
    [{ ca: [alice.key] }, /alice\.key has no certificate in PEM/],
    [{ ca, crl: [authority.cert] }, /has no list of revoked certificates \(CRL\) in PEM/],
    [{ ca, principalField: 'serial' }, /"commonName", "email", "dns" or "uri"/],
    [{ ca, fingerprints: { abc: 'alice' } }, /"abc" is not a SHA-256 fingerprint/],
    [{ ca, fingerprints: { [print]: 'a', [`sha256:${print.toUpperCase()}`]: 'b' } }, /twice/],
    [{ ca, fingerprints: { [print]: 'link:x' } }, /only upload links have names/],
    [{ ca, principalField: 'uri', fingerprints: {} }, /either a "principalField" or/],
    [{ ca, require: true }, /did you mean "required"/i],
  ];
  for (const [certificate, sentence, more] of wrong) {
    const { code, stdout, stderr } = await run(certificate, more);
    assert.equal(code, 78, JSON.stringify(certificate));
    assert.match(stdout + stderr, sentence);
  }
  const crl = [authority.list('crl.pem')];
  const good = await run({ ca: ['clients-ca.pem'], crl });
  assert.equal(good.code, 0, good.stdout + good.stderr);
  const shown = await run({ ca, crl }, tls, 'config');
  assert.match(shown.stdout, /auth +certificate \(.*clients-ca\.pem\)/);
});
