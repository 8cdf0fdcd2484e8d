import assert from 'node:assert/strict';
import { test } from 'node:test';
import { beginPatch } from '../../conformance/interrupted.ts';
import { foreignTarget } from '../../conformance/target.ts';
import { begin, offsetOf, patch } from '../../conformance/tus.ts';
import { type Daemon, startDaemon } from '../support/command.ts';
import { temporaryFolder } from '../support/temporary.ts';
import { until } from '../support/until.ts';

const BYTES = Buffer.from('0123456789');

/** A transfer of ten bytes of which five are on the disk. */
async function beginSlowly(daemon: Daemon) {
  const target = foreignTarget(daemon.url);
  const url = await begin(target, { 'Upload-Length': '10' });
  const wire = await beginPatch(target, url, 10, BYTES.subarray(0, 5));
  await until('five bytes are there', async () => (await offsetOf(target, url)) === 5);
  return { url, wire };
}

/** Resolves with the exit code, when all that it printed has been read. */
async function signal(daemon: Daemon, name: NodeJS.Signals): Promise<number | null> {
  let closed = false;
  daemon.child.once('close', () => {
    closed = true;
  });
  daemon.child.kill(name);
  await until('the daemon to end', () => closed, 60_000);
  return daemon.child.exitCode;
}

const saysStopping = (daemon: Daemon) =>
  until('it says that it is stopping', () =>
    /stopping: what has arrived is kept/.test(daemon.output()),
  );

/** A new daemon on the directory knows the five bytes, and takes the rest. */
async function assertKept(t: Parameters<typeof startDaemon>[0], folder: string, url: string) {
  const again = await startDaemon(t, ['--upload-dir', folder]);
  const target = foreignTarget(again.url);
  const here = again.url + url.slice(url.lastIndexOf('/') + 1);
  assert.equal(await offsetOf(target, here), 5);
  assert.equal((await patch(target, here, 5, BYTES.subarray(5))).status, 204);
  assert.equal(await (await fetch(here)).text(), String(BYTES));
  assert.equal(await again.stop(), 0);
}

for (const name of ['SIGTERM', 'SIGINT'] as const) {
  test(`${name} lets a running upload come to its end and takes no new one`, async (t) => {
    const daemon = await startDaemon(t, ['--upload-dir', temporaryFolder(t)]);
    const { wire } = await beginSlowly(daemon);
    const exited = signal(daemon, name);
    await saysStopping(daemon);
    await assert.rejects(fetch(daemon.url, { method: 'OPTIONS' }), 'the port is closed');
    assert.equal(daemon.child.exitCode, null, 'it waits for the upload');
    wire.write(BYTES.subarray(5));
    const reply = await wire.reply();
    assert.deepEqual([reply.status, reply.headers.get('upload-offset')], [204, '10']);
    assert.equal(await exited, 0);
    assert.match(daemon.output(), /PATCH +204 .*\n.*stopped\n$/);
  });
}

test('an upload that takes longer than the grace period gets 503, and its bytes are kept', async (t) => {
  const folder = temporaryFolder(t);
  const daemon = await startDaemon(t, ['--upload-dir', folder, '--drain-timeout', '200ms']);
  const { url, wire } = await beginSlowly(daemon);
  const exited = signal(daemon, 'SIGTERM');
  const reply = await wire.reply();
  assert.deepEqual([reply.status, reply.headers.get('upload-offset')], [503, '5']);
  assert.equal(reply.headers.get('retry-after'), '5');
  assert.equal(await exited, 0);
  await assertKept(t, folder, url);
});

test('a second signal ends at once, and the bytes are kept', async (t) => {
  const folder = temporaryFolder(t);
  const daemon = await startDaemon(t, ['--upload-dir', folder, '--drain-timeout', '10m']);
  const { url, wire } = await beginSlowly(daemon);
  const exited = signal(daemon, 'SIGTERM');
  await saysStopping(daemon);
  daemon.child.kill('SIGINT');
  assert.equal(await exited, 130);
  assert.ok(await wire.closes(10_000));
  await assertKept(t, folder, url);
});
