import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { TestContext } from 'node:test';
import { DIRECT_BODIES_ENVIRONMENT } from './direct-bodies.ts';
import { programArgs } from './script.ts';
import { until } from './until.ts';

/**
 * node's arguments for the real command: the file that TUSD_TS_PROGRAM names, which tests a published
 * package, or this checkout's.
 */
export const NODE_ARGS: readonly string[] = process.env.TUSD_TS_PROGRAM
  ? [process.env.TUSD_TS_PROGRAM]
  : programArgs(new URL('../..', import.meta.url));

/** Longer than any machine takes; what goes on after that goes on for ever (milliseconds). */
const LIMIT = 60_000;

/** The environment of a person who has configured nothing. */
export function cleanEnvironment(): Record<string, string> {
  const kept = Object.entries(process.env).filter(
    ([name, value]) => value !== undefined && !/^UPLOAD_DAEMON_|_proxy$/i.test(name),
  );
  // Tests run under node:test, whose children would speak its protocol on stdout.
  return {
    ...(Object.fromEntries(kept) as Record<string, string>),
    ...DIRECT_BODIES_ENVIRONMENT,
    NODE_TEST_CONTEXT: '',
  };
}

export interface Finished {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Where and as whom a command runs. */
export interface Where {
  readonly cwd?: string;
  readonly env?: Record<string, string>;
  /** Only root may become somebody else. */
  readonly uid?: number;
  readonly gid?: number;
  /** node's arguments for another program than NODE_ARGS. */
  readonly program?: readonly string[];
}

function placeOf({ cwd, uid, gid }: Where): SpawnOptions & { stdio?: never } {
  return { cwd, ...(uid === undefined ? {} : { uid }), ...(gid === undefined ? {} : { gid }) };
}

/** Runs `tusd-ts ARGS` to its end. */
export async function runCommand(args: readonly string[], options: Where = {}): Promise<Finished> {
  const child = spawn(process.execPath, [...(options.program ?? NODE_ARGS), ...args], {
    ...placeOf(options),
    env: { ...cleanEnvironment(), ...options.env },
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: LIMIT,
    killSignal: 'SIGKILL',
  });
  const output = { stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', (text) => (output.stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text) => (output.stderr += text));
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, ...output };
}

/** A running `tusd-ts serve`. */
export interface Daemon {
  /** The base path's URL, from the ready line. */
  readonly url: string;
  readonly child: ChildProcess;
  /** All that it has printed so far. */
  output(): string;
  /** SIGTERM; resolves with the exit code. */
  stop(): Promise<number | null>;
  /** SIGKILL; resolves when it is gone. */
  kill(): Promise<void>;
}

/** Starts `tusd-ts serve --port 0 ARGS` and waits for its ready line; killed when the test ends. */
export async function startDaemon(
  test: Pick<TestContext, 'after'>,
  args: readonly string[],
  options: Where & { node?: readonly string[] } = {},
): Promise<Daemon> {
  const port = args.includes('--port') || args.includes('--listen') ? [] : ['--port', '0'];
  const { node = [], program = NODE_ARGS } = options;
  const command = [...node, ...program, 'serve', ...port, ...args];
  const child = spawn(process.execPath, command, {
    ...placeOf(options),
    env: { ...cleanEnvironment(), ...options.env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let printed = '';
  child.stdout.setEncoding('utf8').on('data', (text) => (printed += text));
  child.stderr.setEncoding('utf8').on('data', (text) => (printed += text));
  const exited = once(child, 'exit') as Promise<[number | null]>;
  const gone = () => child.exitCode !== null || child.signalCode !== null;
  // It has ended, and all that it printed has been read.
  let silent = false;
  child.once('close', () => {
    silent = true;
  });
  const daemon: Omit<Daemon, 'url'> = {
    child,
    output: () => printed,
    stop: async () => {
      child.kill('SIGTERM');
      await until('the daemon to end after SIGTERM', () => silent, LIMIT).catch((error) => {
        child.kill('SIGKILL');
        throw new Error(`${error.message}\n${printed}`);
      });
      return child.exitCode;
    },
    kill: async () => {
      if (gone()) return;
      child.kill('SIGKILL');
      await exited;
    },
  };
  test.after(() => daemon.kill());
  const url = await until(
    'the ready line',
    () => {
      if (gone()) throw new Error(`serve ended with ${child.exitCode}:\n${printed}`);
      return /ready at (https?:\/\/\S+)|"url":"(https?:[^"]+)"/
        .exec(printed)
        ?.slice(1)
        .find(Boolean);
    },
    LIMIT,
  );
  return { ...daemon, url };
}
