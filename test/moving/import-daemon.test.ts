import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { FileStore } from '@tus/file-store';
import { Server } from '@tus/server';
import { mountSmallDisk, needingMounts } from '../faults/disk/small-disk.ts';
import { cleanEnvironment, NODE_ARGS, runCommand, startDaemon } from '../support/command.ts';
import { commandsOn } from '../support/commands.ts';
import { sha256Of, sha256OfUrl } from '../support/files.ts';
import { temporaryFolder } from '../support/temporary.ts';
import { uploadAll, uploadUntil } from '../support/tus-client.ts';
import { until } from '../support/until.ts';
import { tusdUpload } from './support/foreign.ts';

const MIB = 1024 * 1024;
const idOf = (url: string) => url.slice(url.lastIndexOf('/') + 1);

/** A stock @tus/server on a directory; resolves with its URL and how to stop it. */
async function startStock(t: TestContext, directory: string) {
  const tus = new Server({ path: '/files', datastore: new FileStore({ directory }) });
  const server = createServer((request, response) => void tus.handle(request, response));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const stop = async () => {
    server.close();
    server.closeAllConnections();
  };
  t.after(stop);
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/files`, stop };
}

test('clients that began with @tus/server finish with us at the same path', async (t) => {
  const source = temporaryFolder(t);
  const stock = await startStock(t, source);
  const whole = randomBytes(300_000);
  const metadata = { filename: 'a ü.bin', filetype: 'application/x-test', empty: '' };
  const finished = await uploadAll(whole, { endpoint: stock.url, metadata });
  const large = randomBytes(5 * MIB);
  const begun = await uploadUntil(large, 2 * MIB, {
    endpoint: stock.url,
    chunkSize: MIB,
    metadata,
  });
  const deferred = await fetch(stock.url, {
    method: 'POST',
    headers: { 'Tus-Resumable': '1.0.0', 'Upload-Defer-Length': '1' },
  });
  await stock.stop();
  writeFileSync(join(source, 'garbage.json'), '{');
  writeFileSync(join(source, 'lost.json'), '{"id":"lost","offset":0,"size":3}');

  const into = join(temporaryFolder(t), 'uploads');
  const args = ['import', '--upload-dir', into, '--min-free-space', '0', '--how', 'rename', source];
  const imported = await runCommand(args);
  assert.equal(imported.code, 1, imported.stderr);
  assert.match(imported.stdout, /garbage\.json: it is no description/);
  assert.match(imported.stdout, /lost\.json: its data file is missing/);
  assert.match(imported.stdout, /1 finished upload and 2 unfinished imported/);
  assert.deepEqual(readdirSync(source).toSorted(), ['garbage.json', 'lost.json']);

  const daemon = await startDaemon(t, ['--upload-dir', into, '--base-path', '/files/']);
  const here = (url: string) => new URL(new URL(url, stock.url).pathname, daemon.url).href;
  assert.equal(await sha256OfUrl(here(finished)), sha256Of(whole));
  const offsets: (string | undefined)[] = [];
  await uploadAll(large, {
    uploadUrl: here(begun),
    onBeforeRequest: (request) => {
      if (request.getMethod() === 'PATCH') offsets.push(request.getHeader('Upload-Offset'));
    },
  });
  assert.equal(offsets.length, 1);
  assert.ok(Number(offsets[0]) >= MIB, `it did not begin anew: ${offsets}`);
  assert.equal(await sha256OfUrl(here(begun)), sha256Of(large));
  const head = await fetch(here(deferred.headers.get('location')!), {
    method: 'HEAD',
    headers: { 'Tus-Resumable': '1.0.0' },
  });
  assert.equal(head.headers.get('upload-defer-length'), '1');
  const shown = await commandsOn(into).inspect(idOf(finished));
  assert.deepEqual([shown.name, shown.status], ['a ü.bin', 'finished']);
});

test('an import beside the daemon is served at once', async (t) => {
  const source = temporaryFolder(t);
  const into = temporaryFolder(t);
  const daemon = await startDaemon(t, ['--upload-dir', into]);
  tusdUpload(source, 'ab12', 'content');
  const args = ['import', '--upload-dir', into, '--min-free-space', '0', '--how', 'link', source];
  const { code, stderr } = await runCommand(args);
  assert.equal(code, 0, stderr);
  assert.equal(await sha256OfUrl(`${daemon.url}ab12`), sha256Of(Buffer.from('content')));
  assert.equal(statSync(join(into, 'tus', 'ab12')).ino, statSync(join(source, 'ab12')).ino);
});

test('an import that is killed again and again is completed by the last run', async (t) => {
  const source = temporaryFolder(t);
  const contents = new Map<string, string>();
  for (let index = 0; index < 60; index += 1) {
    const content = randomBytes(20_000).toString('base64');
    contents.set(`upload${index}`, content);
    tusdUpload(source, `upload${index}`, content);
  }
  const into = join(temporaryFolder(t), 'uploads');
  const place = join(into, 'tus');
  const came = () => (existsSync(place) ? readdirSync(place).length : 0);
  const args = ['import', '--upload-dir', into, '--min-free-space', '0', '--how', 'rename', source];
  for (const count of [1, 15, 40]) {
    const child = spawn(process.execPath, [...NODE_ARGS, ...args], { env: cleanEnvironment() });
    const ended = once(child, 'exit');
    await until(`${count} files came`, () => came() >= count || child.exitCode !== null);
    child.kill('SIGKILL');
    await ended;
  }
  const { code, stdout } = await runCommand(args);
  assert.equal(code, 0, stdout);
  assert.equal(came(), contents.size);
  for (const [id, content] of contents) {
    assert.equal(readFileSync(join(place, id), 'utf8'), content);
  }
  const { uploads } = { uploads: await commandsOn(into).list() };
  assert.equal(uploads.filter(({ status }) => status === 'finished').length, contents.size);
});

test(
  'across file systems files are copied or moved, and a link is refused with a sentence',
  needingMounts(),
  async (t) => {
    const source = temporaryFolder(t);
    tusdUpload(source, 'whole', 'whole');
    tusdUpload(source, 'half', 'half', { Size: 10 });
    const disk = await mountSmallDisk(t, '4m');
    const run = async (how: string) => {
      const into = join(disk.folder, how);
      const args = ['import', '--upload-dir', into, '--min-free-space', '0', '--how', how, source];
      const running = disk.run(process.execPath, [...NODE_ARGS, ...args]);
      return { code: await running.ended, output: running.output() };
    };
    const linked = await run('link');
    assert.equal(linked.code, 64, linked.output);
    assert.match(linked.output, /cannot be linked.*\n {2}Hard links need one file system/s);
    assert.equal((await run('copy')).code, 0);
    disk.fill(0);
    const full = await run('rename');
    assert.equal(full.code, 74, full.output);
    assert.equal(readdirSync(source).length, 4, 'nothing was removed');
    disk.makeRoom();
    const moved = await run('rename');
    assert.equal(moved.code, 0, moved.output);
    assert.deepEqual(readdirSync(source), []);
  },
);
