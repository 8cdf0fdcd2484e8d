import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startDaemon } from '../support/command.ts';
import { makeFile, sha256OfUrl } from '../support/files.ts';
import { freePort } from '../support/ports.ts';
import { temporaryFolder } from '../support/temporary.ts';
import { needing } from '../support/tools.ts';
import { uploadAll } from '../support/tus-client.ts';
import { behindProxy } from './support/behind-proxy.ts';
import { startNginx } from './support/nginx.ts';
import { shipped } from './support/proxy.ts';

const MIB = 1024 * 1024;

test('uploads go through nginx as deploy/nginx.conf sets it up', needing('nginx'), (t) =>
  behindProxy(t, async (t, { port, certificate, folder }) => {
    const own = await freePort();
    const server = shipped('nginx.conf', {
      'listen 443 ': `listen ${own} `,
      'listen [::]:443 ': `listen [::]:${own} `,
      'server_name uploads.example.com;': 'server_name localhost;',
      '/etc/ssl/uploads.example.com.pem': certificate.certificate,
      '/etc/ssl/uploads.example.com.key': certificate.key,
      '127.0.0.1:1080': `127.0.0.1:${port}`,
    });
    await startNginx(t, server, { port: own, folder });
    return { port: own, url: `https://localhost:${own}/uploads/files/` };
  }),
);

test('uploads go through nginx with nothing but proxy_pass', needing('nginx'), async (t) => {
  const uploads = temporaryFolder(t);
  const daemon = await startDaemon(t, ['--upload-dir', uploads]);
  const upstream = new URL(daemon.url).host;
  const port = await freePort();
  // HTTP/1.0 and "Connection: close" to the daemon, Host rewritten, bodies buffered.
  const server = `server {
    listen 127.0.0.1:${port};
    client_max_body_size 0;
    location / { proxy_pass http://${upstream}; }
  }`;
  await startNginx(t, server, { port, folder: temporaryFolder(t) });
  const endpoint = `http://127.0.0.1:${port}/uploads/files/`;
  const file = await makeFile(temporaryFolder(t), 'large.bin', 8 * MIB);

  await t.test('a file in four parallel parts is one file', async () => {
    const url = await uploadAll(file, { endpoint, parallelUploads: 4 });
    assert.equal(await sha256OfUrl(url), file.sha256);
  });

  await t.test('refusals arrive as such although 4 MiB came with them', async () => {
    const headers = { 'Tus-Resumable': '1.0.0', 'Upload-Length': String(8 * MIB) };
    const made = await fetch(endpoint, { method: 'POST', headers });
    const url = new URL(made.headers.get('Location') ?? '', endpoint);
    const refusedWith = async (path: string | URL, offset: number, type: string) => {
      const answer = await fetch(path, {
        method: 'PATCH',
        headers: { ...headers, 'Upload-Offset': String(offset), 'Content-Type': type },
        body: Buffer.alloc(4 * MIB),
      });
      await answer.arrayBuffer();
      return answer.status;
    };
    const type = 'application/offset+octet-stream';
    for (let round = 0; round < 10; round += 1) {
      const statuses = [
        await refusedWith(url, 7, type),
        await refusedWith(`${url}x`, 0, type),
        await refusedWith(url, 0, 'text/plain'),
      ];
      assert.deepEqual(statuses, [409, 404, 415]);
    }
  });
});
