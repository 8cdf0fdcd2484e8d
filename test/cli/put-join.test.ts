import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type TestContext, test } from 'node:test';
import { startDaemon } from '../support/command.ts';
import { commandsOn } from '../support/commands.ts';
import { makeFile, sha256OfUrl } from '../support/files.ts';
import { temporaryFolder } from '../support/temporary.ts';
import { transferPlace } from '../support/transfer.ts';

const MIB = 2 ** 20;

/** A relay to a daemon that loses the answers to the creation of final uploads. */
async function losingJoins(t: TestContext, to: string) {
  const state = { joins: 0, losing: true, deadAfterJoin: false };
  const server = createServer((incoming, answer) => {
    const { method, url = '', headers } = incoming;
    const joins = String(headers['upload-concat'] ?? '').startsWith('final;');
    if (state.deadAfterJoin && state.joins > 0) return void answer.writeHead(503).end();
    const onward = request(new URL(url, to), { method, headers }, (response) => {
      if (joins) {
        state.joins += 1;
        if (state.losing) return void incoming.socket.destroy();
      }
      answer.writeHead(response.statusCode ?? 502, response.headers);
      response.pipe(answer);
    });
    onward.on('error', () => answer.destroy());
    incoming.pipe(onward);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return { state, url: to.replace(/:\d+\//, `:${port}/`) };
}

test('parts whose joining was not answered are joined once', async (t) => {
  const uploads = temporaryFolder(t);
  const daemon = await startDaemon(t, ['--upload-dir', uploads]);
  const finals = async () =>
    (await commandsOn(uploads).list()).filter(({ kind }) => kind === 'final');
  const place = transferPlace(t);
  const file = await makeFile(place.folder, 'a.bin', 17 * MIB);
  const put = (url: string, ...flags: string[]) =>
    place.run(['put', '--parallel', '2', 'a.bin', url, ...flags]);

  await t.test('within one run', async (t) => {
    const { state, url } = await losingJoins(t, daemon.url);
    const { code, stdout, stderr } = await put(url);
    assert.equal(code, 0, stderr);
    assert.equal(state.joins, 1);
    assert.equal(await sha256OfUrl(stdout.trim()), file.sha256);
    assert.equal((await finals()).length, 1);
  });

  await t.test('by the next run', async (t) => {
    const { state, url } = await losingJoins(t, daemon.url);
    state.deadAfterJoin = true;
    assert.equal((await put(url, '--retry-for', '1s')).code, 75);
    state.deadAfterJoin = false;
    const { code, stdout, stderr } = await put(url);
    assert.equal(code, 0, stderr);
    assert.equal(state.joins, 1);
    assert.equal(await sha256OfUrl(stdout.trim()), file.sha256);
    assert.equal((await finals()).length, 2);
  });

  await t.test('but other metadata is another upload', async (t) => {
    const { state, url } = await losingJoins(t, daemon.url);
    state.losing = false;
    assert.equal((await put(url, '--metadata', 'a=b')).code, 0);
    assert.equal((await finals()).length, 3);
  });
});
