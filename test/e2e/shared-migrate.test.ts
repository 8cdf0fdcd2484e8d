import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { ListMultipartUploadsCommand, ListObjectsV2Command } from '@aws-sdk/client-s3';
import { cleanEnvironment, NODE_ARGS, runCommand, startDaemon } from '../support/command.ts';
import { beforeTests } from '../support/file-scope.ts';
import { SHARED_SERVICES, type SharedServices, startServices } from '../support/services/shared.ts';
import { temporaryFolder } from '../support/temporary.ts';
import { appendAt, creation, locationOf, OFFSET_STREAM, offsetOf, send } from '../support/tus.ts';

const MIB = 1024 * 1024;

let services: SharedServices;
beforeTests(SHARED_SERVICES, async (t) => {
  services = await startServices(t);
});

/** Runs a command and kills it after so many milliseconds; true when it had ended before. */
async function killed(args: readonly string[], after: number): Promise<boolean> {
  const child = spawn(process.execPath, [...NODE_ARGS, ...args], {
    env: cleanEnvironment(),
    stdio: 'ignore',
  });
  const exit = once(child, 'exit');
  const late = setTimeout(() => child.kill('SIGKILL'), after);
  const [code] = await exit;
  clearTimeout(late);
  return code !== null;
}

/** Configuration files of two directories, and of a bucket with its database. */
async function configurations(t: TestContext) {
  const { storage, database } = await services.fresh();
  const folder = temporaryFolder(t);
  const file = (name: string, content: object) => {
    writeFileSync(join(folder, name), JSON.stringify({ minFreeSpace: 0, ...content }));
    return join(folder, name);
  };
  return {
    local: file('local.json', { uploadDir: join(folder, 'local') }),
    s3: file('s3.json', {
      ...{ storage: { ...storage, partSize: '5MiB' }, database },
      uploadDir: join(folder, 'spool'),
    }),
    back: file('back.json', { uploadDir: join(folder, 'back') }),
    storage,
  };
}

test(
  'a bucket is migrated into a directory and back, and unfinished uploads go on',
  SHARED_SERVICES,
  async (t) => {
    const { local, s3, back } = await configurations(t);
    const bytes = randomBytes(23 * MIB);
    const sizes = { whole: bytes.length, parts: 17 * MIB, tail: 1000, none: 0 };
    const made = await startDaemon(t, ['--config', local]);
    const paths = new Map<string, string>();
    for (const [name, size] of Object.entries(sizes)) {
      const headers = creation(bytes.length, { 'Content-Type': OFFSET_STREAM });
      const reply = await send('POST', made.url, { headers, body: bytes.subarray(0, size) });
      paths.set(name, new URL(locationOf(made.url, reply)).pathname);
    }
    assert.equal(await made.stop(), 0);
    const migrate = async (from: string, to: string) => {
      const args = ['migrate', '--json', '--config', from, '--to', to];
      const { code, stdout, stderr } = await runCommand(args);
      assert.equal(code, 0, stderr + stdout);
      return JSON.parse(stdout).summary;
    };
    const checked = await runCommand(['serve', '--check', '--port', '0', '--config', s3]);
    assert.match(checked.stdout, /ok +database: .*, and the first start makes its tables\n/);
    const dry = ['migrate', '--json', '--dry-run', '--config', local, '--to', s3];
    assert.equal(JSON.parse((await runCommand(dry)).stdout).summary.wouldCopy, 4);
    const first = await migrate(local, s3);
    assert.deepEqual([first.copied, first.unfinished, first.failed], [4, 3, 0]);
    assert.deepEqual((await migrate(local, s3)).known, 4);
    assert.equal((await runCommand(['verify', '--deep', '--config', s3])).code, 0);
    const second = await migrate(s3, back);
    assert.deepEqual([second.copied, second.unfinished, second.failed], [4, 3, 0]);
    // They go on where they were copied to, and also where they were copied from.
    for (const config of [back, s3]) {
      const daemon = await startDaemon(t, ['--config', config]);
      for (const [name, size] of Object.entries(sizes)) {
        const url = new URL(paths.get(name)!, daemon.url).href;
        assert.equal(offsetOf(await send('HEAD', url)), size, name);
        if (size < bytes.length) {
          const rest = { headers: appendAt(size), body: bytes.subarray(size) };
          assert.equal((await send('PATCH', url, rest)).status, 204, name);
        }
        assert.ok((await send('GET', url)).body.equals(bytes), name);
      }
      const refused = await runCommand(['migrate', '--config', config, '--to', local]);
      assert.equal(refused.code, 69, refused.stderr);
      assert.match(refused.stderr, /serves these uploads|a daemon serves/);
      assert.equal(await daemon.stop(), 0);
    }
  },
);

test(
  'a migration that is killed again and again copies everything once, there and back',
  SHARED_SERVICES,
  async (t) => {
    const { local, s3, back, storage } = await configurations(t);
    const bytes = randomBytes(12 * MIB);
    const made = await startDaemon(t, ['--config', local]);
    const offsets = new Map<string, number>();
    for (let index = 0; index < 24; index += 1) {
      const length = [12 * MIB, 7 * MIB, 1000, 0][index % 4]!;
      const sent = index % 3 === 0 ? Math.floor(length / 2) : length;
      const headers = creation(length, { 'Content-Type': OFFSET_STREAM });
      const reply = await send('POST', made.url, { headers, body: bytes.subarray(0, sent) });
      offsets.set(new URL(locationOf(made.url, reply)).pathname, sent);
    }
    assert.equal(await made.stop(), 0);
    for (const [from, to] of [
      [local, s3],
      [s3, back],
    ] as const) {
      const args = ['migrate', '--json', '--config', from, '--to', to];
      for (let after = 700; after < 4_000; after += 500) {
        if (await killed(args, after)) break;
      }
      const { code, stdout, stderr } = await runCommand(args);
      assert.equal(code, 0, stderr + stdout);
      const { summary } = JSON.parse(stdout);
      assert.deepEqual([summary.copied + summary.known, summary.failed], [offsets.size, 0]);
      const verified = await runCommand(['verify', '--deep', '--config', to]);
      assert.equal(verified.code, 0, verified.stdout);
      const daemon = await startDaemon(t, ['--config', to]);
      for (const [path, offset] of offsets) {
        const url = new URL(path, daemon.url).href;
        assert.equal(offsetOf(await send('HEAD', url)), offset);
      }
      assert.equal(await daemon.stop(), 0);
    }
    // What the killed ones had begun was taken away by those that came after.
    const { client, bucket } = services.s3;
    const within = { Bucket: bucket, Prefix: `${storage.prefix}/` };
    const { Uploads = [] } = await client.send(new ListMultipartUploadsCommand(within));
    const { Contents = [] } = await client.send(new ListObjectsV2Command(within));
    const uploads = new Set([...Uploads, ...Contents].map(({ Key = '' }) => Key.split('/')[1]));
    assert.ok(Uploads.length <= offsets.size && uploads.size <= offsets.size);
    const names = Contents.map(({ Key = '' }) => Key.split('/')[1]);
    t.diagnostic(`${names.length} objects, ${Uploads.length} multipart uploads`);
  },
);
