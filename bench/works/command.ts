import { spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { peakBytes } from '../process-usage.ts';
import { cleanEnvironment } from '../subjects/server-process.ts';

export interface CommandResult {
  /** From the start of the process to its end. */
  readonly ms: number;
  /** The highest that was seen of its peak memory, in bytes; null where it cannot be known. */
  readonly peak: number | null;
  readonly output: string;
}

const LOOK_EVERY = 10;

/** Runs a node program in `directory` to its end, with more variables. Throws when it fails. */
export async function runCommand(
  args: readonly string[],
  directory: string,
  variables: Readonly<Record<string, string>> = {},
): Promise<CommandResult> {
  const file = join(directory, 'command.out');
  const output = openSync(file, 'w');
  const begun = performance.now();
  const child = spawn(process.execPath, args, {
    cwd: directory,
    env: { ...cleanEnvironment(process.env), ...variables },
    stdio: ['ignore', output, 'inherit'],
  });
  closeSync(output);
  let peak: number | null = null;
  const watch = setInterval(() => {
    peak = peakBytes(child.pid ?? null) ?? peak;
  }, LOOK_EVERY);
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', resolve);
  }).finally(() => clearInterval(watch));
  const ms = performance.now() - begun;
  if (code !== 0) throw new Error(`node ${args.slice(0, 2).join(' ')} … ended with ${code}`);
  return { ms, peak, output: readFileSync(file, 'utf8') };
}
