import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { cleanEnvironment } from '../../support/command.ts';
import { until } from '../../support/until.ts';

export interface Example {
  /** Where uploads are created. */
  readonly url: string;
  readonly child: ChildProcess;
  /** SIGKILL; resolves when it is gone. */
  kill(): Promise<void>;
}

/** Starts a program of examples/ in a process of its own; killed when the test ends. */
export async function startExample(
  test: TestContext,
  name: string,
  env: Readonly<Record<string, string>>,
): Promise<Example> {
  const file = fileURLToPath(new URL(`../../../examples/${name}`, import.meta.url));
  const child = spawn(process.execPath, [file], {
    env: { ...cleanEnvironment(), PORT: '0', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let printed = '';
  child.stdout.setEncoding('utf8').on('data', (text) => (printed += text));
  child.stderr.setEncoding('utf8').on('data', (text) => (printed += text));
  const exited = once(child, 'exit');
  const gone = () => child.exitCode !== null || child.signalCode !== null;
  const kill = async () => {
    if (gone()) return;
    child.kill('SIGKILL');
    await exited;
  };
  test.after(kill);
  const url = await until('the ready line', () => {
    if (gone()) throw new Error(`${name} ended with ${child.exitCode}:\n${printed}`);
    return /ready at (http:\S+)/.exec(printed)?.[1];
  });
  return { url, child, kill };
}
