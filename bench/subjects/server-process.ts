import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync } from 'node:fs';
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
  /** The path at the end of the URL that the ready line tells. */
  readonly path: string;
}

/**
 * Starts a server and reads its URL from what it prints. Its output goes into a file: a pipe would
 * have to be read, by a runner that shares the processors with what it measures.
 */
export async function startServer(command: ServerCommand): Promise<RunningSubject> {
  const log = join(command.cwd, 'output.log');
  const output = openSync(log, 'w');
  const begun = performance.now();
  const child = spawn(process.execPath, command.args, {
    cwd: command.cwd,
    env: cleanEnvironment(process.env),
    stdio: ['ignore', output, output],
  });
  closeSync(output);
  running.add(child);
  child.once('exit', () => running.delete(child));
  const url = await readyUrl(child, log, command.path);
  return {
    url,
    pid: child.pid ?? null,
    startMs: performance.now() - begun,
    stop: () => stop(child),
  };
}

async function readyUrl(child: ChildProcess, log: string, path: string): Promise<string> {
  const deadline = performance.now() + READY_WITHIN;
  while (performance.now() < deadline) {
    const printed = readFileSync(log, 'utf8');
    const urls = printed.slice(0, printed.lastIndexOf('\n') + 1).match(URL_IN_LINE) ?? [];
    const url = urls.find((candidate) => candidate.endsWith(path));
    if (url !== undefined) return url;
    if (child.exitCode !== null || child.signalCode !== null) {
      throw new Error(`the server ended before it was ready: ${printed.trim().slice(-500)}`);
    }
    await delay(10);
  }
  await stop(child);
  throw new Error(`the server printed no URL ending in ${path} within ${READY_WITHIN / 1000} s`);
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
