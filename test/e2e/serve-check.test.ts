import assert from 'node:assert/strict';
import { chmodSync, existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { runCli } from '../support/cli-host.ts';
import { cleanEnvironment, runCommand, startDaemon } from '../support/command.ts';
import { temporaryFolder } from '../support/temporary.ts';

const CHECK = ['serve', '--check'];

function write(folder: string, content: object | string): void {
  const text = typeof content === 'string' ? content : JSON.stringify(content);
  writeFileSync(join(folder, 'upload-daemon.config.json'), text);
}

/** `serve --check` with this configuration, in a folder of its own. */
async function check(t: TestContext, content: object | string, folder = temporaryFolder(t)) {
  write(folder, content);
  return { folder, ...(await runCli(CHECK, { cwd: folder, env: cleanEnvironment() })) };
}

test('serve --check finds a good configuration good, and makes nothing', async (t) => {
  const { folder, code, stdout } = await check(t, {
    listen: ['127.0.0.1:0', 'unix:./http.sock'],
    hooks: [{ type: 'command', name: 'a', command: 'true', events: ['post-finish'] }],
  });
  assert.equal(code, 0, stdout);
  assert.match(stdout, /^ok +configuration: .*upload-daemon\.config\.json$/m);
  assert.match(stdout, /^ok +uploads: .*\/uploads will be made$/m);
  assert.match(stdout, /^ok +hook a: .*\/true can be run$/m);
  assert.match(stdout, /^ok +address: unix:.*http\.sock is free$/m);
  assert.deepEqual(readdirSync(folder), ['upload-daemon.config.json']);
});

test('serve --check beside the daemon finds its address and its uploads, and disturbs neither', async (t) => {
  const folder = temporaryFolder(t);
  const listen = ['--listen', '127.0.0.1:0', '--listen', `unix:${join(folder, 'http.sock')}`];
  const daemon = await startDaemon(t, listen, { cwd: folder });
  const { port } = new URL(daemon.url);
  const running = [`127.0.0.1:${port}`, 'unix:./http.sock'];
  write(folder, { listen: running });
  const { code, stdout } = await runCommand(CHECK, { cwd: folder });
  assert.equal(code, 0, stdout);
  assert.equal(stdout.match(/is in use, by a tus server$/gm)?.length, 2, stdout);
  assert.match(stdout, /its catalog has 0 uploads$/m);
  assert.equal((await fetch(daemon.url, { method: 'OPTIONS' })).status, 204);
  assert.equal(await daemon.stop(), 0);
});

test('serve --check says everything that is wrong, and exits with the code of the first', async (t) => {
  const other = createServer((socket) => socket.end('no HTTP\n')).listen(0, '127.0.0.1');
  t.after(() => other.close());
  await new Promise((resolve) => other.once('listening', resolve));
  const { port } = other.address() as { port: number };
  const hook = { type: 'command', name: 'a', command: './gone.sh', events: ['post-finish'] };
  const { code, stdout } = await check(t, { port, hooks: [hook] });
  assert.equal(code, 78);
  assert.match(stdout, /^failed +hook a: the program .*gone\.sh cannot be run/m);
  assert.match(
    stdout,
    new RegExp(`^failed +address: port ${port} on 127.0.0.1 is already in use`, 'm'),
  );
  const taken = await check(t, { port });
  assert.equal(taken.code, 69);
  const wrong = await check(t, '{ "prot": 1 }');
  assert.equal(wrong.code, 78);
  assert.match(wrong.stderr, /unknown key "prot"/);
});

test('serve --check sees a directory that cannot be used', async (t) => {
  const file = temporaryFolder(t);
  writeFileSync(join(file, 'uploads'), 'a file');
  assert.match((await check(t, {}, file)).stdout, /^failed +uploads: .* is not a directory/m);
  const broken = temporaryFolder(t);
  mkdirSync(join(broken, 'uploads'));
  writeFileSync(
    join(broken, 'uploads', 'catalog.db'),
    'no catalog at all, but long enough to be read',
  );
  const corrupt = await check(t, {}, broken);
  assert.notEqual(corrupt.code, 0, corrupt.stdout);
  assert.match(corrupt.stdout, /^failed +uploads: /m);
  if (process.getuid?.() !== 0) return;
  const foreign = temporaryFolder(t);
  chmodSync(foreign, 0o755);
  writeFileSync(join(foreign, 'c.json'), '{}');
  const args = [
    'serve',
    '--check',
    '--config',
    join(foreign, 'c.json'),
    '--upload-dir',
    join(foreign, 'u'),
  ];
  const other = await runCommand(args, { cwd: '/', uid: 65_534, gid: 65_534 });
  assert.equal(other.code, 77, other.stdout + other.stderr);
  assert.equal(existsSync(join(foreign, 'u')), false);
});
