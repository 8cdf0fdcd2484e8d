import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { runCli } from './cli-host.ts';
import { cleanEnvironment, type Finished, NODE_ARGS } from './command.ts';
import { temporaryFolder } from './temporary.ts';

/** A folder with a state folder of its own, in which `put` and `get` run. */
export interface TransferPlace {
  readonly folder: string;
  /** Where the state of interrupted transfers is. */
  readonly state: string;
  /**
   * Runs the command to its end, inside this process, which is far quicker than to start the program.
   * `input` is its standard input.
   */
  run(args: readonly string[], input?: Buffer | string): Promise<Finished>;
  /** Starts the real command; `signal` ends it. */
  start(args: readonly string[], input?: Buffer | string): Running;
}

export interface Running {
  output(): string;
  signal(name: NodeJS.Signals): void;
  readonly ended: Promise<Finished>;
}

const LIMIT = 60_000;

export function transferPlace(test: Pick<TestContext, 'after'>): TransferPlace {
  const folder = temporaryFolder(test);
  const state = join(folder, '.state');
  mkdirSync(state);
  const environment = () => ({
    ...cleanEnvironment(),
    ...{ XDG_STATE_HOME: state, TUSD_TS_TOKEN: '', LANG: 'C.UTF-8' },
  });
  const start = (args: readonly string[], input?: Buffer | string): Running => {
    const child = spawn(process.execPath, [...NODE_ARGS, ...args], {
      cwd: folder,
      env: environment(),
      stdio: ['pipe', 'pipe', 'pipe'],
      timeout: LIMIT,
      killSignal: 'SIGKILL',
    });
    test.after(() => child.kill('SIGKILL'));
    const output = { stdout: '', stderr: '' };
    child.stdout.setEncoding('utf8').on('data', (text) => (output.stdout += text));
    child.stderr.setEncoding('utf8').on('data', (text) => (output.stderr += text));
    // The command may end before it has read everything.
    child.stdin.on('error', () => {});
    child.stdin.end(input ?? '');
    return {
      output: () => output.stdout + output.stderr,
      signal: (name) => void child.kill(name),
      ended: once(child, 'close').then(([code]) => ({ code: code as number | null, ...output })),
    };
  };
  const run = (args: readonly string[], input?: Buffer | string): Promise<Finished> =>
    runCli(args, {
      ...{ cwd: folder, env: environment(), now: Date.now },
      piped: input === undefined ? [] : [input],
    });
  return { folder, state, start, run };
}
