import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { startDaemon } from '../support/command.ts';
import { temporaryFolder } from '../support/temporary.ts';
import { findTool, needing } from '../support/tools.ts';
import { until } from '../support/until.ts';

/** What systemd does: reads datagrams. Node has none of the unix family. */
const RECEIVER = `
import socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind(sys.argv[1])
print("bound", flush=True)
while True:
  text = " ".join(s.recv(4096).decode().split("\\n"))
  if text != "BARRIER=1": print(text, flush=True)
`;

async function receiver(t: TestContext, path: string): Promise<() => string> {
  const child: ChildProcess = spawn(findTool('python3')!, ['-c', RECEIVER, path], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  t.after(() => child.kill('SIGKILL'));
  let text = '';
  child.stdout!.setEncoding('utf8').on('data', (more) => (text += more));
  await until('it is bound', () => text.startsWith('bound'));
  return () => text;
}

const skip = needing('python3').skip ?? needing('systemd-notify').skip;
const options = skip === undefined ? {} : { skip };

test(
  'systemd gets notified of readiness, reloads, keep-alives and the stop',
  options,
  async (t) => {
    const folder = temporaryFolder(t);
    const socket = join(folder, 'notify');
    const told = await receiver(t, socket);
    const config = join(folder, 'upload-daemon.config.json');
    writeFileSync(config, '{}');
    const daemon = await startDaemon(t, ['--config', config], {
      cwd: folder,
      env: { NOTIFY_SOCKET: socket, WATCHDOG_USEC: '2000000' },
    });
    const heard = (what: RegExp) => until(`${what}`, () => what.test(told()));
    await heard(/^READY=1 STATUS=serving at http:\S+ *$/m);
    await heard(/^WATCHDOG=1 *$/m);
    daemon.child.kill('SIGHUP');
    await heard(
      /^RELOADING=1 MONOTONIC_USEC=\d+ *\n(WATCHDOG=1 *\n)*READY=1 STATUS=serving at \S+ *$/m,
    );
    writeFileSync(config, '{ "port": "x" }');
    daemon.child.kill('SIGHUP');
    await heard(/^READY=1 STATUS=serving at .*; the last reload was refused *$/m);
    assert.equal(await daemon.stop(), 0);
    await heard(/^STOPPING=1/m);
  },
);

/** A socket that is bound and never read. */
async function silent(t: TestContext, folder: string, kind: string): Promise<string> {
  const path = join(folder, 'notify');
  const script = `import socket, sys, time
s = socket.socket(socket.AF_UNIX, socket.${kind})
s.bind(sys.argv[1])
print("bound", flush=True)
time.sleep(600)`;
  const child = spawn(findTool('python3')!, ['-c', script, path], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  t.after(() => child.kill('SIGKILL'));
  await once(child.stdout, 'data');
  return path;
}

for (const [name, path] of [
  ['is not there', () => '/nonexistent/notify'],
  ['is not there, in the abstract namespace', () => '@tusd-ts-nobody'],
  [
    'is a file',
    (_, folder) => {
      writeFileSync(join(folder, 'file'), '');
      return join(folder, 'file');
    },
  ],
  ['is a folder', (_, folder) => folder],
  ['is not a path', () => 'yes'],
  ['is too long', () => `/${'x'.repeat(300)}`],
  ['nobody reads', (t, folder) => silent(t, folder, 'SOCK_DGRAM')],
  ['is of another kind', (t, folder) => silent(t, folder, 'SOCK_STREAM')],
] as const satisfies [string, (t: TestContext, folder: string) => string | Promise<string>][]) {
  test(`a NOTIFY_SOCKET that ${name} stops nothing`, options, async (t) => {
    const folder = temporaryFolder(t);
    const env = { NOTIFY_SOCKET: await path(t, folder), WATCHDOG_USEC: 'soon' };
    const daemon = await startDaemon(t, [], { cwd: folder, env });
    await until('it warns', () => daemon.output().includes('was not notified'));
    daemon.child.kill('SIGHUP');
    await until('it reloads', () => daemon.output().includes('configuration reloaded'));
    assert.equal((await fetch(daemon.url, { method: 'OPTIONS' })).status, 204);
    assert.equal(await daemon.stop(), 0);
    assert.equal(daemon.output().split('was not notified').length, 2, daemon.output());
  });
}

test(
  'reloads without end leave room for signs of life, and end with READY=1',
  options,
  async (t) => {
    const folder = temporaryFolder(t);
    const socket = join(folder, 'notify');
    const told = await receiver(t, socket);
    const config = join(folder, 'upload-daemon.config.json');
    writeFileSync(config, '{}');
    const daemon = await startDaemon(t, ['--config', config], {
      cwd: folder,
      env: { NOTIFY_SOCKET: socket, WATCHDOG_USEC: '3000000' },
    });
    await until('it is ready', () => told().includes('READY=1'));
    const hangUps = setInterval(() => daemon.child.kill('SIGHUP'), 10);
    t.after(() => clearInterval(hangUps));
    const lives = () => told().split('WATCHDOG=1').length;
    const before = lives();
    await until('three signs of life', () => lives() >= before + 3);
    clearInterval(hangUps);
    await until('the end of the last reload', () => /READY=1 STATUS=[^\n]*\n$/.test(told()));
    assert.equal(await daemon.stop(), 0);
  },
);
