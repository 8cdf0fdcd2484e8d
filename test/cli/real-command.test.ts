import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { cleanEnvironment, NODE_ARGS, runCommand } from '../support/command.ts';
import { beforeTests } from '../support/file-scope.ts';
import { temporaryFolder } from '../support/temporary.ts';
import { serveUploads } from '../support/uploads.ts';

test('a cleanup in another process keeps an upload that is being written, and takes it after', async (context) => {
  const uploads = await serveUploads(context, { now: Date.now });
  await uploads.make({ id: 'busy', length: 100 });
  await uploads.make({ id: 'idle', length: 100, received: 5 });
  const transfer = await uploads.begin('busy', 10);
  const cleanup = ['cleanup', '--upload-dir', uploads.folder, '--older-than', '1ms'];
  const during = await runCommand(cleanup);
  assert.equal(during.stderr, '');
  assert.equal(during.code, 0);
  assert.match(during.stdout, /^kept +busy +10 B +a transfer is running$/m);
  assert.match(during.stdout, /^removed +idle /m);
  assert.equal(existsSync(uploads.store.locate('busy')), true);
  // The transfer was not disturbed: it goes on where it was.
  await transfer.end();
  await uploads.append('busy', 5);
  assert.equal((await uploads.store.find('busy')).offset, 15);
  const after = await runCommand(cleanup);
  assert.match(after.stdout, /^removed +busy +15 B /m);
  await assert.rejects(uploads.store.find('busy'), { code: 'GONE' });
});

test('list and inspect read beside a daemon that is receiving', async (context) => {
  const uploads = await serveUploads(context, { now: Date.now });
  await uploads.make({ id: 'busy', length: 100 });
  const transfer = await uploads.begin('busy', 10);
  const inspect = await runCommand(['inspect', 'busy', '--json', '--upload-dir', uploads.folder]);
  const { beingWritten, sizeOnDisk, offset, status } = JSON.parse(inspect.stdout);
  assert.deepEqual([beingWritten, sizeOnDisk, offset, status], [true, 10, 10, 'receiving']);
  const list = await runCommand(['list', '--ndjson', '--upload-dir', uploads.folder]);
  assert.equal(JSON.parse(list.stdout).id, 'busy');
  await transfer.end();
});

test('a pipe that is closed early ends list quietly with 0', async (context) => {
  const uploads = await serveUploads(context);
  const filename = 'n'.repeat(600);
  for (let count = 0; count < 400; count++) await uploads.make({ metadata: { filename } });
  const args = [...NODE_ARGS, 'list', '--ndjson', '--upload-dir', uploads.folder];
  const child = spawn(process.execPath, args, {
    env: cleanEnvironment(),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text) => (stderr += text));
  const exited = once(child, 'close');
  await once(child.stdout, 'data');
  child.stdout.destroy();
  const [code, signal] = await exited;
  assert.deepEqual([code, signal, stderr], [0, null, '']);
});

test('a catalog that is damaged, or newer than the program, is said to be', async (context) => {
  const folder = temporaryFolder(context);
  writeFileSync(join(folder, 'catalog.db'), 'this is no catalog '.repeat(500));
  const { code, stderr } = await runCommand(['list', '--upload-dir', folder]);
  assert.equal(code, 74);
  assert.match(
    stderr,
    /^tusd-ts: the catalog .* is damaged \(SQLITE_NOTADB\)\.\n {2}The uploaded files/,
  );
});

/** More uploads than a cleanup removes before the signal arrives; made once, each test gets a copy. */
const MANY = 3_000;
let many = '';

beforeTests({}, async (t) => {
  const { folder, store, make } = await serveUploads(t);
  for (let count = 0; count < MANY; count++) await make({ received: 1 });
  await store.close();
  many = folder;
});

for (const [name, code] of [
  ['SIGHUP', 129],
  ['SIGINT', 130],
  ['SIGQUIT', 131],
  ['SIGTERM', 143],
] as const) {
  test(`${name} ends a cleanup between two uploads, and it says what it did`, async (context) => {
    const folder = temporaryFolder(context);
    cpSync(many, folder, { recursive: true });
    const args = ['cleanup', '--older-than', '1ms', '--upload-dir', folder];
    const child = spawn(process.execPath, [...NODE_ARGS, ...args], {
      env: cleanEnvironment(),
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let [stdout, stderr] = ['', ''];
    child.stderr.setEncoding('utf8').on('data', (text) => (stderr += text));
    child.stdout.setEncoding('utf8').on('data', (text) => {
      if (stdout === '') child.kill(name);
      stdout += text;
    });
    const [ended] = await once(child, 'close');
    assert.equal(ended, code, stderr);
    const [, removed] = /^Removed ([\d,]+) of 3,000 uploads/m.exec(stdout) ?? [];
    const count = Number(removed?.replace(',', ''));
    assert.ok(count > 0 && count < MANY, stdout.slice(-500));
    assert.equal(
      stderr,
      'tusd-ts: interrupted: what was removed stays removed, the rest is kept\n',
    );
  });
}
