import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { Agent } from 'node:https';
import { join } from 'node:path';
import { test } from 'node:test';
import { DefaultHttpStack } from 'tus-js-client';
import { startCluster } from '../support/cluster.ts';
import { freePort } from '../support/ports.ts';
import { ROOT } from '../support/script.ts';
import { SHARED_SERVICES } from '../support/services/shared.ts';
import { temporaryFolder } from '../support/temporary.ts';
import { needing } from '../support/tools.ts';
import { appendAt, creation, offsetOf, send as sendTo } from '../support/tus.ts';
import { uploadAll } from '../support/tus-client.ts';
import { makeCertificate } from './support/certificate.ts';
import { send } from './support/client.ts';
import { startNginx } from './support/nginx.ts';
import { shipped } from './support/proxy.ts';

const MIB = 1024 * 1024;
const TUS = { 'Tus-Resumable': '1.0.0' };

/** The servers that docs/scale-out.md has, at these ports. */
function upstream(ports: readonly number[]): string {
  const page = readFileSync(join(ROOT, 'docs', 'scale-out.md'), 'utf8');
  const [, block = ''] = /```nginx\n(.*?)```/s.exec(page) ?? [];
  const documented = ['10.0.0.1:1080', '10.0.0.2:1080', '10.0.0.3:1080'];
  return documented.reduce((text, address, index) => {
    assert.ok(text.includes(address), `docs/scale-out.md has no ${address}`);
    return text.replace(address, `127.0.0.1:${ports[index]}`);
  }, block);
}

test('uploads go through nginx to three daemons in turn, as docs/scale-out.md sets it up', {
  ...SHARED_SERVICES,
  ...needing('nginx'),
}, async (t) => {
  const cluster = await startCluster(t, { storage: { partSize: '5MiB' } });
  const { members } = cluster;
  const folder = temporaryFolder(t);
  const certificate = makeCertificate(folder);
  const port = await freePort();
  const server = shipped('nginx.conf', {
    'listen 443 ': `listen ${port} `,
    'listen [::]:443 ': `listen [::]:${port} `,
    'server_name uploads.example.com;': 'server_name localhost;',
    '/etc/ssl/uploads.example.com.pem': certificate.certificate,
    '/etc/ssl/uploads.example.com.key': certificate.key,
    'proxy_pass http://127.0.0.1:1080;': 'proxy_pass http://tusd-ts;',
  });
  const servers = `${upstream(members.map(({ port }) => port))}\n${server}`;
  await startNginx(t, servers, { port, folder });
  const endpoint = `https://localhost:${port}/uploads/files/`;
  const { ca } = certificate;
  const agent = new Agent({ ca, keepAlive: true });
  t.after(() => agent.destroy());
  const ask = (method: string, url: string, headers = {}, body = Buffer.alloc(0)) =>
    send({ method, url, headers: { ...TUS, ...headers }, body }, { ca, http: 1 });
  const options = {
    endpoint,
    httpStack: new DefaultHttpStack({ agent }),
    retryDelays: Array.from({ length: 50 }, () => 200),
  };
  const assertArrived = async (url: string, bytes: Buffer) => {
    assert.ok(url.startsWith(endpoint), url);
    const got = await ask('GET', url);
    assert.equal(got.status, 200);
    assert.ok(got.body.equals(bytes), 'other bytes');
  };

  const bytes = randomBytes(13 * MIB);
  await assertArrived(await uploadAll(bytes, { ...options, chunkSize: 2 * MIB }), bytes);
  await assertArrived(await uploadAll(bytes, { ...options, parallelUploads: 4 }), bytes);

  // Each request goes to another daemon.
  const made = await ask('POST', endpoint, creation(9_000));
  const url = String(made.headers.location);
  for (let from = 0; from < 9_000; from += 1_000) {
    const piece = bytes.subarray(from, from + 1_000);
    assert.equal((await ask('PATCH', url, appendAt(from), piece)).status, 204);
    const head = await ask('HEAD', url);
    assert.equal(Number(head.headers['upload-offset']), from + 1_000);
  }
  await assertArrived(url, bytes.subarray(0, 9_000));
  for (const { daemon } of members) assert.match(daemon.output(), /PATCH/);

  // One that is gone is left out.
  await members[1]!.kill();
  await assertArrived(await uploadAll(bytes, { ...options, chunkSize: 2 * MIB }), bytes);
  await members[1]!.restart();
  const path = new URL(url).pathname;
  const direct = await sendTo('HEAD', new URL(path, members[1]!.url).href);
  assert.equal(offsetOf(direct), 9_000);
});
