import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { runCommand, startDaemon } from '../support/command.ts';
import { SHARED_SERVICES, startServices } from '../support/services/shared.ts';
import { temporaryFolder } from '../support/temporary.ts';
import { appendAt, creation, locationOf, OFFSET_STREAM, offsetOf, send } from '../support/tus.ts';

const MIB = 1024 * 1024;

test(
  'a bucket is migrated into a directory and back, and unfinished uploads go on',
  SHARED_SERVICES,
  async (t) => {
    const services = await startServices(t);
    const { storage, database } = await services.fresh();
    const folder = temporaryFolder(t);
    const file = (name: string, content: object) => {
      writeFileSync(join(folder, name), JSON.stringify({ minFreeSpace: 0, ...content }));
      return join(folder, name);
    };
    const local = file('local.json', { uploadDir: join(folder, 'local') });
    const s3 = file('s3.json', {
      ...{ storage: { ...storage, partSize: '5MiB' }, database },
      uploadDir: join(folder, 'spool'),
    });
    const back = file('back.json', { uploadDir: join(folder, 'back') });
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
