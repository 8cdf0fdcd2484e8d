import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { makeCertificate } from '../support/certificate.ts';
import { startFakeTus } from '../support/fake-tus.ts';
import { makeFile } from '../support/files.ts';
import { transferPlace } from '../support/transfer.ts';

test('nothing leads from https to http', async (t) => {
  const place = transferPlace(t);
  await makeFile(place.folder, 'a.bin', 10);
  const open = await startFakeTus(t);
  const { cert, key } = makeCertificate(place.folder, 'localhost', ['localhost']);
  const server = createServer(
    { cert: readFileSync(cert), key: readFileSync(key) },
    ({ method, url }, response) => {
      response.setHeader('Tus-Resumable', '1.0.0').setHeader('Tus-Version', '1.0.0');
      response.setHeader('Tus-Extension', 'creation');
      if (method === 'OPTIONS') response.writeHead(204).end();
      else if (url === '/location')
        response.writeHead(201, { Location: `http://127.0.0.1:${open.port}/files/1` }).end();
      else response.writeHead(307, { Location: open.url }).end();
    },
  ).listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    server.close();
    server.closeAllConnections();
  });
  const { port } = server.address() as AddressInfo;
  const at = `https://localhost:${port}`;
  for (const args of [
    ['put', 'a.bin', `${at}/location`],
    ['put', 'a.bin', `${at}/redirect`],
    ['get', `${at}/redirect`, 'b.bin'],
  ]) {
    const { code, stderr } = await place.run([...args, '--cacert', cert]);
    assert.equal(code, 76, stderr);
    assert.match(stderr, /leads from https to http:\/\/127/);
  }
  assert.deepEqual(open.requests, []);
});
