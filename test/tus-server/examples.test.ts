import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { startReceiver } from '../hooks/support/receiver.ts';
import { runCommand } from '../support/command.ts';
import { commandsOn } from '../support/commands.ts';
import { makeFile, sha256OfFile, sha256OfUrl } from '../support/files.ts';
import { temporaryFolder } from '../support/temporary.ts';
import { offsetOf, send, tusAt } from '../support/tus.ts';
import { uploadAll, uploadUntil } from '../support/tus-client.ts';
import { until } from '../support/until.ts';
import { startExample } from './support/example.ts';

const MIB = 1024 * 1024;
const SIZE = 12 * MIB;

for (const name of ['express.js', 'node-http.js']) {
  test(`${name}: an upload resumes, commands work beside it, hooks are called`, async (t) => {
    const folder = temporaryFolder(t);
    const receiver = await startReceiver(t);
    const { url: endpoint, child } = await startExample(t, name, {
      UPLOAD_DIR: folder,
      HOOK_URL: receiver.url,
    });
    const { list, inspect, cleanup } = commandsOn(folder);
    const file = await makeFile(temporaryFolder(t), 'film.bin', SIZE);
    const metadata = { filename: 'film.bin' };
    const uploadUrl = await uploadUntil(file, 2 * MIB, { endpoint, metadata, chunkSize: 4 * MIB });
    const id = uploadUrl.split('/').at(-1) ?? '';
    const half = await until('it is seen as unfinished', async () => {
      const [upload] = await list();
      return upload?.status !== 'finished' && upload;
    });
    assert.deepEqual([half.id, half.name, half.length], [id, 'film.bin', SIZE]);

    await uploadAll(file, { endpoint, uploadUrl, retryDelays: [0, 100, 500, 1000, 3000] });
    const done = await inspect(id);
    assert.deepEqual([done.status, done.received], ['finished', SIZE]);
    assert.equal(await sha256OfFile(join(folder, 'tus', id)), file.sha256);
    if (name === 'express.js') assert.equal(await sha256OfUrl(uploadUrl), file.sha256);
    await until('the hook gets the event', () => receiver.told().includes(`post-finish ${id}`));
    assert.ok(receiver.told().some((told) => told.startsWith('pre-create')));

    assert.equal((await cleanup()).summary.removed, 0);
    const removed = await runCommand(['remove', '--upload-dir', folder, '--yes', id]);
    assert.equal(removed.code, 0, removed.stderr);
    assert.equal((await send('HEAD', uploadUrl)).status, 410);
    child.kill('SIGTERM');
    await until('it ends', () => child.exitCode !== null);
    assert.equal(child.exitCode, 0);
  });
}

test('kill -9 in the middle of a write loses nothing that was acknowledged', async (t) => {
  const folder = temporaryFolder(t);
  const env = { UPLOAD_DIR: folder };
  const first = await startExample(t, 'node-http.js', env);
  const file = await makeFile(temporaryFolder(t), 'film.bin', SIZE);
  const options = { endpoint: first.url, chunkSize: 4 * MIB };
  let acknowledged = 0;
  const { reply, url: uploadUrl } = await tusAt(first.url).create({
    'Upload-Length': String(SIZE),
  });
  assert.equal(reply.status, 201);
  const cut = uploadAll(file, {
    ...options,
    uploadUrl,
    onChunkComplete: (_size, offset) => {
      acknowledged = offset;
    },
    onProgress: (sent) => {
      if (sent > 5 * MIB) first.child.kill('SIGKILL');
    },
  });
  await assert.rejects(cut);
  await first.kill();

  const second = await startExample(t, 'node-http.js', env);
  const again = uploadUrl.replace(first.url, second.url);
  const offset = offsetOf(await send('HEAD', again));
  assert.ok(acknowledged > 0 && offset >= acknowledged, `${offset} of ${acknowledged}`);
  await uploadAll(file, { ...options, endpoint: second.url, uploadUrl: again });
  const { list } = commandsOn(folder);
  const [upload] = await list();
  assert.equal(upload?.status, 'finished');
  assert.equal(await sha256OfFile(`${folder}/tus/${upload?.id}`), file.sha256);
});
