import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { startWatched, uploadTo } from '../admin/admin.ts';
import { runCli } from '../support/cli-host.ts';
import { temporaryFolder } from '../support/temporary.ts';

function keysOf(value: unknown): string[] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return [];
  return Object.keys(value);
}

test('status tells a person what the daemon does, and its JSON is documented', async (t) => {
  const daemon = await startWatched(t, ['--direct-bodies', '128KiB']);
  await uploadTo(daemon.url, 300_000);
  const address = daemon.admin.replace('http://', '');
  const cwd = daemon.folder;
  const { code, stdout, stderr } = await runCli(['status', '--admin-listen', address], { cwd });
  assert.deepEqual([code, stderr], [0, '']);
  assert.match(stdout, /^tusd-ts \d+\.\d+\.\d+ {2}ready · up /);
  assert.match(stdout, /\n {2}uploads {3}1 created · 1 finished · 0 removed · 0 refused\n/);
  assert.match(
    stdout,
    /\n {2}bytes {5}293 KiB received \(293 KiB from sockets, 0 B as streams\) · /,
  );
  assert.match(stdout, /\n {2}requests {2}1 POST \(/);
  assert.match(stdout, /\n {2}errors {4}none\n/);
  const json = await runCli(['status', '--admin-listen', address, '--json'], { cwd });
  const status = JSON.parse(json.stdout);
  const page = readFileSync(new URL('../../docs/json.md', import.meta.url), 'utf8');
  const [, section = ''] = page.split('\n## status\n');
  for (const key of [
    ...keysOf(status),
    ...[
      'uploads',
      'bodies',
      'received',
      'connections',
      'sweeps',
      'disk',
      'eventLoopDelayMs',
    ].flatMap((name) => keysOf(status[name])),
  ]) {
    assert.ok(section.split('\n## ')[0]?.includes(`\`${key}\``), key);
  }
  await daemon.stop();
  const gone = await runCli(['status', '--admin-listen', address], { cwd });
  assert.equal(gone.code, 69);
  assert.match(gone.stderr, /no daemon answers at 127\.0\.0\.1:\d+/);
});

test('status says that the admin listener is off, or that its port is not known', async (t) => {
  const cwd = temporaryFolder(t);
  const off = await runCli(['status'], { cwd });
  assert.equal(off.code, 78);
  assert.match(off.stderr, /its admin listener is off\.\n {2}Set adminListen/);
  const zero = await runCli(['status', '--admin-listen', '127.0.0.1:0'], { cwd });
  assert.equal(zero.code, 78);
  assert.match(zero.stderr, /has the port 0/);
});

test('what is no daemon of ours is no status', async (t) => {
  const cwd = temporaryFolder(t);
  for (const body of ['hello', '{}', '{"version":1}', '[]']) {
    const server = createServer((_, response) => response.end(body)).listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const { port } = server.address() as AddressInfo;
    const { code, stderr } = await runCli(['status', '--admin-listen', `127.0.0.1:${port}`], {
      cwd,
    });
    server.close();
    assert.equal(code, 69);
    assert.match(stderr, /is not tusd-ts/, body);
  }
  const path = join(cwd, 'none.sock');
  const none = await runCli(['status', '--admin-listen', `unix:${path}`], { cwd });
  assert.deepEqual(
    [none.code, none.stderr.includes(`no daemon answers at unix:${path}`)],
    [69, true],
  );
});
