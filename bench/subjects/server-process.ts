import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { type AddressInfo, connect, createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { RunningSubject } from './subject.ts';

const READY_WITHIN = 120_000;
const STOP_WITHIN = 60_000;
const running = new Set<ChildProcess>();
process.once('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});
const URL_IN_LINE = /https?:\/\/[^\s"'\\]+/g;

export interface ServerCommand {
  /** Arguments of node. */
  readonly args: readonly string[];
  readonly cwd: string;
  /** Where uploads are created. */
  readonly path: string;
  /**
   * Where it will listen, when what it prints is to be dropped: a line for every request, written to
   * a file or read from a pipe on the same processors, would be measured, too. Without it the URL is
   * read from what the server prints.
   */
  readonly port?: number;
}

/** Starts a server and waits until it is ready. */
export async function startServer(command: ServerCommand): Promise<RunningSubject> {
  const { args, cwd, path, port } = command;
  const log = join(cwd, 'output.log');
  const output = openSync(log, 'w');
  const begun = performance.now();
  const child = spawn(process.execPath, args, {
    cwd,
    env: cleanEnvironment(process.env),
    stdio: ['ignore', port === undefined ? output : 'ignore', output],
  });
  closeSync(output);
  running.add(child);
  child.once('exit', () => running.delete(child));
  const look =
    port === undefined
      ? async () => urlIn(readFileSync(log, 'utf8'), path)
      : async () => ((await accepts(port)) ? `http://127.0.0.1:${port}${path}` : undefined);
  const url = await untilReady(child, log, look);
  return {
    url,
    pid: child.pid ?? null,
    startMs: performance.now() - begun,
    stop: () => stop(child),
  };
}

async function untilReady(
  child: ChildProcess,
  log: string,
  look: () => Promise<string | undefined>,
): Promise<string> {
  const deadline = performance.now() + READY_WITHIN;
  while (performance.now() < deadline) {
    const url = await look();
    if (url !== undefined) return url;
    if (child.exitCode !== null || child.signalCode !== null) {
      const printed = readFileSync(log, 'utf8').trim().slice(-500);
      throw new Error(`the server ended before it was ready: ${printed}`);
    }
    await delay(10);
  }
  await stop(child);
  throw new Error(`the server was not ready within ${READY_WITHIN / 1000} s`);
}

function urlIn(printed: string, path: string): string | undefined {
  const lines = printed.slice(0, printed.lastIndexOf('\n') + 1);
  return lines.match(URL_IN_LINE)?.find((url) => url.endsWith(path));
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });
}

/** A port that nobody listens on now. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exit = once(child, 'exit');
  child.kill('SIGTERM');
  const late = setTimeout(() => child.kill('SIGKILL'), STOP_WITHIN);
  await exit;
  clearTimeout(late);
}

/** Without what would change a server's behaviour behind the bench's back. */
export function cleanEnvironment(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const kept = Object.entries(environment).filter(
    ([name]) => !name.startsWith('UPLOAD_DAEMON_') && name !== 'NODE_OPTIONS',
  );
  return Object.fromEntries(kept);
}
