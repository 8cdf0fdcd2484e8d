import assert from 'node:assert/strict';
import { once } from 'node:events';
import { copyFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { connect, type TLSSocket } from 'node:tls';
import { makeCertificate } from '../support/certificate.ts';
import { needing } from '../support/tools.ts';
import { until } from '../support/until.ts';
import { startCertified } from './support/certified.ts';
import { tlsClient } from './support/tls-client.ts';

const OPENSSL = needing('openssl');

test('a reload puts a list of revoked certificates in force', OPENSSL, async (t) => {
  const { folder, authority, daemon, url } = await startCertified(t, (one) => ({
    crl: [one.list('crl.pem')],
  }));
  const [alice, bob] = [authority.issue('alice'), authority.issue('bob')];
  const kept = { keepAlive: true, maxSockets: 1 };
  const [keeping, resuming] = [tlsClient(t, alice, kept), tlsClient(t, alice)];
  assert.equal((await keeping.create(url)).status, 201);
  await until('a resumed session', async () => (await resuming.create(url)).resumed);
  // A connection that is open, and has not asked for anything yet.
  const early = connect({
    ...{ port: Number(new URL(url).port), host: '127.0.0.1', rejectUnauthorized: false },
    ...{ cert: readFileSync(alice.cert), key: readFileSync(alice.key) },
  });
  t.after(() => early.destroy());
  await once(early, 'secureConnect');
  authority.revoke(alice);
  authority.list('crl.pem');
  daemon.child.kill('SIGHUP');
  const refused = await revokedSoon(() => resuming.create(url));
  assert.equal(refused.resumed, false);
  const after = await keeping.create(url);
  assert.deepEqual([after.status, after.reused], [401, false]);
  const told = await answerOn(early);
  assert.match(told, /^HTTP\/1\.1 503 /);
  assert.match(told, /Connection: close/);
  assert.match(told, /connect again/);
  assert.equal((await tlsClient(t, bob).create(url)).status, 201);
  // A broken file is refused, and the list stays.
  copyFileSync(alice.key, join(folder, 'crl.pem'));
  daemon.child.kill('SIGHUP');
  await until('the refusal', () => daemon.output().includes('has no list of revoked'));
  assert.equal((await tlsClient(t, alice).create(url)).status, 401);
  assert.equal((await tlsClient(t, bob).create(url)).status, 201);
});

async function revokedSoon<T extends { readonly text: string }>(ask: () => Promise<T>): Promise<T> {
  let answer: T | undefined;
  await until('the refusal of a revoked certificate', async () => {
    answer = await ask();
    return /was revoked/.test(answer.text);
  });
  return answer!;
}

async function answerOn(socket: TLSSocket): Promise<string> {
  socket.write('DELETE /uploads/files/x HTTP/1.1\r\nHost: localhost\r\n\r\n');
  let text = '';
  for await (const chunk of socket) text += chunk;
  return text;
}

test('a list of revoked certificates that has expired lets nobody in', OPENSSL, async (t) => {
  const { authority, url } = await startCertified(t, (one) => ({
    crl: [one.list('crl.pem', Date.now() - 60_000)],
  }));
  const refused = await tlsClient(t, authority.issue('alice')).create(url);
  assert.deepEqual(
    [refused.status, /list of revoked ones has expired/.test(refused.text)],
    [401, true],
  );
});

test('a reload that changes nothing about authorities keeps connections', OPENSSL, async (t) => {
  const { folder, authority, daemon, url } = await startCertified(t);
  const alice = tlsClient(t, authority.issue('alice'), { keepAlive: true, maxSockets: 1 });
  assert.equal((await alice.create(url)).status, 201);
  const renewed = makeCertificate(folder, 'renewed', ['localhost']);
  copyFileSync(renewed.cert, join(folder, 'server.pem'));
  copyFileSync(renewed.key, join(folder, 'server.key'));
  daemon.child.kill('SIGHUP');
  await until('the reload', () => daemon.output().includes('reload'));
  // The very next handshake has the new one, whether it names a host or not.
  const { port } = new URL(url);
  const socket = connect({ port: Number(port), host: '127.0.0.1', rejectUnauthorized: false });
  await once(socket, 'secureConnect');
  assert.equal(socket.getPeerCertificate().subject.CN, 'renewed');
  socket.destroy();
  const again = await alice.create(url);
  assert.deepEqual([again.status, again.reused], [201, true]);
});
