import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { TestContext } from 'node:test';
import { nodeArgs } from '../../support/script.ts';

/** A script of this folder that runs in a process of its own. */
export interface Child {
  readonly process: ChildProcess;
  /** The next line that it prints. */
  line(): Promise<string>;
  /** SIGKILL; resolves when it is gone. */
  kill(): Promise<void>;
  /** Resolves with its exit code. */
  ended(): Promise<number | null>;
}

export function startChild(
  test: Pick<TestContext, 'after'>,
  script: string,
  ...args: string[]
): Child {
  const node = nodeArgs(new URL(`./${script}`, import.meta.url));
  const child = spawn(process.execPath, [...node, ...args], {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: { ...process.env, NODE_TEST_CONTEXT: '' },
  });
  // Not 'close', which does not come while there are lines that nobody has read.
  const exited = once(child, 'exit') as Promise<[number | null]>;
  test.after(async () => {
    child.kill('SIGKILL');
    await exited;
  });
  const lines = readLines(child);
  return {
    process: child,
    async line() {
      const { value, done } = await lines.next();
      if (done) throw new Error(`${script} ended before it said anything more`);
      return value;
    },
    async kill() {
      child.kill('SIGKILL');
      await exited;
    },
    async ended() {
      return (await exited)[0];
    },
  };
}

async function* readLines(child: ChildProcess): AsyncGenerator<string, undefined> {
  let rest = '';
  for await (const text of child.stdout!.setEncoding('utf8')) {
    const lines = (rest + text).split('\n');
    rest = lines.pop()!;
    yield* lines;
  }
  return undefined;
}
