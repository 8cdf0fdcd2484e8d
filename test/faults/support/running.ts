import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { TestContext } from 'node:test';
import { cleanEnvironment } from '../../support/command.ts';
import { until } from '../../support/until.ts';

/** A process of the program that tests watch, stop and kill. */
export interface Running {
  readonly child: ChildProcess;
  /** Resolves when it has ended, with its exit code; null after a signal. */
  readonly ended: Promise<number | null>;
  /** All that it has printed so far. */
  output(): string;
  /** Resolves with the URL in the ready line of `serve`; throws when it ends before. */
  ready(): Promise<string>;
  /** SIGKILL; resolves when it is gone. */
  kill(): Promise<void>;
}

/** Starts a program and kills it when the test ends. */
export function start(
  test: Pick<TestContext, 'after'>,
  command: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Running {
  const child = spawn(command, args, {
    env: { ...cleanEnvironment(), ...env },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  let printed = '';
  child.stdout.setEncoding('utf8').on('data', (text) => (printed += text));
  child.stderr.setEncoding('utf8').on('data', (text) => (printed += text));
  // A process that was killed reads no more messages.
  child.stdin.on('error', () => {});
  const ended = once(child, 'close').then(([code]) => code as number | null);
  const gone = () => child.exitCode !== null || child.signalCode !== null;
  const running: Running = {
    child,
    ended,
    output: () => printed,
    ready: () =>
      until(
        'the ready line',
        () => {
          if (gone()) throw new Error(`it ended with ${child.exitCode}:\n${printed}`);
          return /ready at (http:\/\/\S+)/.exec(printed)?.[1];
        },
        60_000,
      ),
    kill: async () => {
      if (!gone()) child.kill('SIGKILL');
      await ended;
    },
  };
  test.after(() => running.kill());
  return running;
}
