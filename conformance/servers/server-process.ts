import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { foreignTarget, type Target } from '../target.ts';
import { ask } from '../tus.ts';

/** How long a server may take to say that it is ready, on a machine that is busy. */
const START_MS = 60_000;

export interface Launch {
  name: string;
  /** node's arguments for a server on this port (0: any) that keeps its files in this folder. */
  args(port: number, folder: string): string[];
  /** The file that holds an upload's bytes. */
  dataFile(folder: string, id: string): string;
  /** Makes a running server remove what has expired. */
  sweep(child: ChildProcess, folder: string): Promise<void>;
  env?: Record<string, string>;
  limitMs?: number;
  slow?: boolean;
  idleMs?: number;
}

/**
 * Starts a server as a process of its own, with a temporary folder, and makes it a target that can
 * be looked into, killed and started again. It is ready when its output has a URL.
 */
export async function launch(options: Launch): Promise<Target> {
  const folder = await mkdtemp(join(tmpdir(), 'tus-conformance-'));
  let child: ChildProcess;
  let complaint = () => '';

  async function start(port: number): Promise<string> {
    child = spawn(process.execPath, options.args(port, folder), {
      // Elsewhere than the caller, whose folder may hold a configuration.
      cwd: folder,
      env: { ...cleanEnvironment(), ...options.env },
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    complaint = lastComplaint(child);
    return await readyUrl(child, options.name, complaint);
  }

  // Nothing that was started here outlives the suite, however it ends.
  const last = () => void child.kill('SIGKILL');
  process.once('exit', last);

  async function stop(): Promise<void> {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, 'exit');
    child.kill('SIGKILL');
    await exited;
  }

  let url: string;
  try {
    url = await start(0);
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    throw error;
  }
  const port = Number(new URL(url).port);
  const target: Target = {
    ...foreignTarget(url, options),
    name: options.name,
    ...(options.idleMs === undefined ? {} : { idleMs: options.idleMs }),
    disk: {
      dataFile: (uploadUrl) => {
        return options.dataFile(folder, decodeURIComponent(uploadUrl.split('/').at(-1) ?? ''));
      },
      files: async () => {
        const entries = await readdir(folder, { recursive: true, withFileTypes: true });
        const files = entries.filter((entry) => entry.isFile());
        return files.map((entry) => join(entry.parentPath, entry.name));
      },
    },
    sweep: () => options.sweep(child, folder),
    restart: async () => {
      await stop();
      await start(port);
    },
    reviveIfDead: async () => {
      if (await answers(target)) return undefined;
      // It may be about to end: its last words are worth a moment.
      await Promise.race([once(child, 'exit'), pause(child.exitCode === null ? 2000 : 0)]);
      const exit = child.exitCode ?? child.signalCode;
      const why = complaint();
      await stop();
      await start(port);
      if (exit === null) return 'the server stopped answering, and was started again';
      return `the server's process died (${exit})${why === '' ? '' : `: ${why}`}`;
    },
    close: async () => {
      await stop();
      process.off('exit', last);
      await rm(folder, { recursive: true, force: true, maxRetries: 3 });
    },
  };
  return target;
}

/** node's arguments for a TypeScript file: compiled where the suite is, and through tsx otherwise. */
export function nodeArgs(script: URL): string[] {
  const path = fileURLToPath(script);
  if (import.meta.url.endsWith('.js')) return [path.replace(/\.ts$/, '.js')];
  return ['--import', import.meta.resolve('tsx'), path];
}

/** The caller's environment without what would configure the server behind the test's back. */
export function cleanEnvironment(): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(([name]) => {
    return !name.startsWith('UPLOAD_DAEMON_') && !name.startsWith('NODE_TEST');
  });
  return Object.fromEntries(kept);
}

async function answers(t: Target): Promise<boolean> {
  return await ask(t, 'OPTIONS', t.url).then(
    () => true,
    () => false,
  );
}

/** Collects the output, and gives the line of it that names the error, or the last one. */
function lastComplaint(child: ChildProcess): () => string {
  let text = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (data: string) => {
      text = (text + data).slice(-8000);
    });
  }
  return () => {
    const lines = text.split('\n').filter((line) => line.trim() !== '');
    const line = lines.findLast((candidate) => /error/i.test(candidate)) ?? lines.at(-1) ?? '';
    // It goes to a terminal: printable ASCII only.
    return line
      .replace(/[^\x20-\x7e]+/g, ' ')
      .trim()
      .slice(0, 200);
  };
}

async function readyUrl(child: ChildProcess, name: string, complaint: () => string) {
  const { stdout } = child;
  if (stdout === null) throw new Error(`${name} has no output`);
  let text = '';
  const url = new Promise<string>((resolve) => {
    stdout.setEncoding('utf8').on('data', (data: string) => {
      if (text.length > 100_000) return;
      text += data;
      const found = /https?:\/\/[^\s"',]+(?=[\s"',])/.exec(text)?.[0];
      if (found !== undefined) resolve(found);
    });
  });
  const late = new AbortController();
  const failed = Promise.race([
    once(child, 'exit', { signal: late.signal }).then(() => 'ended before it was ready'),
    pause(START_MS, `was not ready after ${START_MS} ms`, { signal: late.signal }),
  ]).then((what) => {
    throw new Error(`${name} ${what}: ${complaint()}`);
  });
  failed.catch(() => undefined);
  try {
    return await Promise.race([url, failed]);
  } catch (error) {
    child.kill('SIGKILL');
    throw error;
  } finally {
    late.abort();
  }
}
