import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { Agent, request as httpRequest } from 'node:http';
import * as net from 'node:net';
import { type TestContext, test } from 'node:test';
import { cleanEnvironment, NODE_ARGS, runCommand } from '../support/command.ts';
import { temporaryFolder } from '../support/temporary.ts';
import { until } from '../support/until.ts';

/** A bound socket that accepts nothing itself, as a service manager holds it: node:cluster makes its sockets with this. */
const { _createServerHandle: bind } = net as unknown as {
  _createServerHandle(host: string, port: number, family: number): BoundSocket;
};
interface BoundSocket {
  readonly fd: number;
  getsockname(out: { port?: number }): number;
  close(): void;
}

function boundSocket(t: TestContext): { readonly fd: number; readonly port: number } {
  const handle = bind('127.0.0.1', 0, 4);
  const name: { port?: number } = {};
  handle.getsockname(name);
  t.after(() => handle.close());
  return { fd: handle.fd, port: name.port! };
}

interface Activated {
  readonly child: ChildProcess;
  output(): string;
}

/** The daemon with descriptor 3, as a service manager starts it: LISTEN_PID is its own. */
function activate(t: TestContext, fd: number, folder: string, pid = '$$'): Activated {
  const args = [process.execPath, ...NODE_ARGS, 'serve', '--upload-dir', folder];
  const child = spawn('sh', ['-c', `LISTEN_PID=${pid} LISTEN_FDS=1 exec "$@"`, 'sh', ...args], {
    env: cleanEnvironment(),
    stdio: ['ignore', 'pipe', 'pipe', fd],
  });
  let text = '';
  const more = (chunk: string) => {
    text += chunk;
  };
  for (const stream of [child.stdout!, child.stderr!]) stream.setEncoding('utf8').on('data', more);
  t.after(() => child.kill('SIGKILL'));
  return { child, output: () => text };
}

/** A request on a connection of its own; resolves with the status, or the error's code. */
function ask(port: number): Promise<number | string> {
  return new Promise((resolve) => {
    const options = { port, path: '/uploads/files/', method: 'OPTIONS', agent: new Agent() };
    const request = httpRequest(options, (response) => {
      response.resume();
      response.once('end', () => resolve(response.statusCode ?? 0));
      response.once('error', ({ code }: NodeJS.ErrnoException) => resolve(code ?? 'error'));
    });
    request.once('error', ({ code }: NodeJS.ErrnoException) => resolve(code ?? 'error'));
    request.end();
  });
}

test('with a socket of the service manager no connection is refused or reset by restarts', async (t) => {
  const { fd, port } = boundSocket(t);
  const folder = temporaryFolder(t);
  const counts = new Map<number | string, number>();
  let running = true;
  const client = async () => {
    while (running) {
      const status = await ask(port);
      counts.set(status, (counts.get(status) ?? 0) + 1);
    }
  };
  let daemon = activate(t, fd, folder);
  await until('it is ready', () => daemon.output().includes(`http://127.0.0.1:${port}/`), 60_000);
  const clients = Array.from({ length: 8 }, client);
  for (let round = 0; round < 3; round += 1) {
    const before = counts.get(204) ?? 0;
    await until('requests are answered', () => (counts.get(204) ?? 0) > before + 100, 60_000);
    daemon.child.kill('SIGTERM');
    await until('it has ended', () => daemon.child.exitCode !== null, 60_000);
    assert.equal(daemon.child.exitCode, 0, daemon.output());
    daemon = activate(t, fd, folder);
  }
  const before = counts.get(204) ?? 0;
  await until('requests are answered again', () => (counts.get(204) ?? 0) > before + 100, 60_000);
  running = false;
  await Promise.all(clients);
  // 503 says "come back in a moment", which clients do.
  const others = [...counts.keys()].filter((status) => status !== 204 && status !== 503);
  assert.deepEqual(others, [], JSON.stringify([...counts]));
});

test('sockets that are meant for another process, or are none, are not taken', async (t) => {
  const { fd, port } = boundSocket(t);
  const daemon = activate(t, fd, temporaryFolder(t), '1');
  await until('it listens on its own port, or cannot', () =>
    /ready at|already in use/.test(daemon.output()),
  );
  assert.ok(!daemon.output().includes(`:${port}/`));
  const env = { LISTEN_FDS: '1', LISTEN_PID: '1' };
  const wrong = await runCommand(['serve', '--listen', 'nowhere'], { env });
  assert.equal(wrong.code, 64);
});
