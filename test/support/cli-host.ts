import type { Host, Output } from '../../src/cli/process/io.ts';
import type { Signal } from '../../src/cli/process/process-signals.ts';
import { run } from '../../src/cli/run.ts';

export interface CliOptions {
  readonly cwd: string;
  /** Milliseconds since the epoch. */
  readonly now?: () => number;
  readonly env?: Readonly<Record<string, string>>;
  /** Makes stdout a terminal of this width. */
  readonly columns?: number;
  /** What a person answers to a question; without it stdin is no terminal. */
  readonly answer?: string;
  /** What is piped in. */
  readonly piped?: readonly (string | Buffer)[];
}

export interface CliHost extends Host {
  readonly out: { stdout: string; stderr: string };
  signal(name: Signal): void;
}

/** What a command gets from a process, without one. Times are in UTC. */
export function createHost({
  cwd,
  now = Date.now,
  env = {},
  columns,
  answer,
  piped,
}: CliOptions): CliHost {
  const out = { stdout: '', stderr: '' };
  const listeners = new Map<string, Set<() => void>>();
  const output = (name: 'stdout' | 'stderr', width: number | undefined): Output => ({
    isTTY: width !== undefined,
    size: () => (width === undefined ? null : { columns: width, rows: 40 }),
    write: async (text) => {
      out[name] += text;
    },
  });
  const ask = async (question: string) => {
    out.stderr += question;
    return answer ?? null;
  };
  return {
    out,
    stdout: output('stdout', columns),
    stderr: output('stderr', undefined),
    // A test that is about the locale sets its own.
    env: { LANG: 'C.UTF-8', ...env },
    cwd,
    now,
    timeZone: 'UTC',
    input: {
      isTTY: answer !== undefined,
      ask,
      askSecret: ask,
      bytes: (async function* () {
        for (const one of piped ?? []) yield Buffer.from(one as string);
      })(),
      lines: (async function* () {
        for (const one of piped ?? []) yield String(one);
      })(),
    },
    onSignal(name, listener) {
      const known = listeners.get(name) ?? new Set();
      listeners.set(name, known.add(listener));
      return () => known.delete(listener);
    },
    signal(name) {
      for (const listener of listeners.get(name) ?? []) listener();
    },
  };
}

export interface CliResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a command line inside this process. */
export async function runCli(args: readonly string[], options: CliOptions): Promise<CliResult> {
  const host = createHost(options);
  const code = await run(args, host);
  return { code, ...host.out };
}
