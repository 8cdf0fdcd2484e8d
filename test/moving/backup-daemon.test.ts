import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { beginPatch } from '../../conformance/interrupted.ts';
import { foreignTarget } from '../../conformance/target.ts';
import { append, begin, offsetOf } from '../../conformance/tus.ts';
import { mountSmallDisk, needingMounts } from '../faults/disk/small-disk.ts';
import { cleanEnvironment, NODE_ARGS, runCommand, startDaemon } from '../support/command.ts';
import { sha256Of, sha256OfUrl } from '../support/files.ts';
import { temporaryFolder } from '../support/temporary.ts';
import { until } from '../support/until.ts';
import { serveUploads } from '../support/uploads.ts';

const MIB = 1024 * 1024;
const idOf = (url: string) => url.slice(url.lastIndexOf('/') + 1);

/** Uploads a file in one request; resolves with its URL. */
async function upload(url: string, body: Buffer): Promise<string> {
  const response = await fetch(url, {
    method: 'POST',
    body: new Uint8Array(body),
    headers: {
      'Tus-Resumable': '1.0.0',
      'Upload-Length': String(body.length),
      'Content-Type': 'application/offset+octet-stream',
    },
  });
  assert.equal(response.status, 201);
  return new URL(response.headers.get('location')!, url).href;
}

test('a backup under load has what was finished, and what was not resumes at a true offset', async (t) => {
  const folder = temporaryFolder(t);
  const daemon = await startDaemon(t, ['--upload-dir', folder]);
  const finished = new Map<string, Buffer>();
  for (let index = 0; index < 20; index += 1) {
    const body = randomBytes(1 + index * 40_000);
    finished.set(await upload(daemon.url, body), body);
  }
  const target = foreignTarget(daemon.url);
  const whole = randomBytes(12 * MIB);
  const running = await begin(target, { 'Upload-Length': String(whole.length) });
  const wire = await beginPatch(target, running, whole.length, whole.subarray(0, 5 * MIB));
  await until('5 MiB have come', async () => (await offsetOf(target, running)) === 5 * MIB);

  // Meanwhile others upload, and remove what they have uploaded.
  let stop = false;
  let made = 0;
  const others = Array.from({ length: 3 }, async () => {
    while (!stop) {
      const url = await upload(daemon.url, randomBytes(30_000));
      made += 1;
      if (made % 2 === 0) {
        await fetch(url, { method: 'DELETE', headers: { 'Tus-Resumable': '1.0.0' } });
      }
    }
  });
  let sent = 5 * MIB;
  const sending = setInterval(() => {
    wire.write(whole.subarray(sent, sent + 4096));
    sent += 4096;
  }, 20);
  const backup = join(temporaryFolder(t), 'backup');
  for (const how of ['auto', 'copy']) {
    const before = made;
    await until('the others are busy', () => made > before + 5);
    const args = ['backup', '--upload-dir', folder, '--how', how, '--verify', backup];
    const { code, stdout, stderr } = await runCommand(args);
    assert.equal(code, 0, stdout + stderr);
  }
  stop = true;
  clearInterval(sending);
  await Promise.all(others);
  wire.close();
  await daemon.stop();

  const restored = join(temporaryFolder(t), 'restored');
  const { code, stdout, stderr } = await runCommand(['restore', '--verify', backup, restored]);
  assert.equal(code, 0, stdout + stderr);
  const again = await startDaemon(t, ['--upload-dir', restored]);
  for (const [url, body] of finished) {
    assert.equal(await sha256OfUrl(again.url + idOf(url)), sha256Of(body));
  }
  const after = foreignTarget(again.url);
  const resumed = again.url + idOf(running);
  const offset = await offsetOf(after, resumed);
  assert.ok(offset <= sent, `${offset}`);
  await append(after, resumed, offset, whole.subarray(offset));
  assert.equal(await sha256OfUrl(resumed), sha256Of(whole));
});

test('a backup that is killed again and again is completed by the last run', async (t) => {
  const { folder, make, store } = await serveUploads(t);
  for (let index = 0; index < 80; index += 1) {
    await make({ id: `upload-${index}`, length: 40_000, received: 40_000 });
  }
  await make({ id: 'half', length: 100, received: 10 });
  const backup = join(temporaryFolder(t), 'backup');
  const args = ['backup', '--upload-dir', folder, '--how', 'copy', '--verify', backup];
  const copied = () => {
    const tus = join(backup, 'tus');
    return existsSync(tus) ? readdirSync(tus).length : 0;
  };
  for (const count of [1, 10, 50]) {
    const child = spawn(process.execPath, [...NODE_ARGS, ...args], { env: cleanEnvironment() });
    const ended = once(child, 'exit');
    await until(`${count} files are copied`, () => copied() >= count || child.exitCode !== null);
    child.kill('SIGKILL');
    await ended;
  }
  await store.terminate('upload-3', {
    origin: { protocol: '', address: '', agent: null },
    request: null,
  });
  const { code, stdout } = await runCommand(args);
  assert.equal(code, 0, stdout);
  assert.match(stdout, /^80 uploads: .*80 verified\.\n$/);
  assert.equal(copied(), 80);
});

test(
  'a backup to a full disk says so, harms nothing, and goes on when there is room',
  needingMounts(),
  async (t) => {
    const { folder, make, store } = await serveUploads(t);
    for (let index = 0; index < 6; index += 1) {
      await make({ id: `upload-${index}`, length: MIB, received: MIB });
    }
    const disk = await mountSmallDisk(t, '8m');
    disk.fill(3 * MIB);
    const backup = join(disk.folder, 'backup');
    const run = async (...more: string[]) => {
      const args = [...NODE_ARGS, 'backup', '--upload-dir', folder, '--verify', ...more, backup];
      const running = disk.run(process.execPath, args);
      return { code: await running.ended, output: running.output() };
    };
    const linked = await run('--how', 'link');
    assert.equal(linked.code, 64, linked.output);
    assert.match(linked.output, /a hard link cannot be made \(EXDEV\)/);
    const full = await run();
    assert.equal(full.code, 74, full.output);
    assert.match(
      full.output,
      /no space left.*\n {2}Free some space there and run the same command/s,
    );
    assert.equal(statSync(store.locate('upload-5')).size, MIB);
    disk.makeRoom();
    const done = await run();
    assert.equal(done.code, 0, done.output);
    assert.match(done.output, /^6 uploads: \d kept, \d copied; .*6 verified\.\n$/);
  },
);
