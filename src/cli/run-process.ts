import { processHost } from './process/process-io.ts';
import type { takeSignals } from './process/process-signals.ts';
import { run } from './run.ts';

/**
 * Runs a command line in this process and ends the process. It does not wait for output that a
 * reader has not taken: commands wait for what must be read, and a log must not hold up the end.
 */
export async function runProcess(
  argv: readonly string[],
  onSignal: ReturnType<typeof takeSignals>,
): Promise<never> {
  const code = await run(argv, processHost(onSignal));
  process.exit(code);
}
