import { processHost } from './process/process-io.ts';
import type { takeSignals } from './process/process-signals.ts';
import { run } from './run.ts';

/**
 * Runs a command line in this process and ends the process. Does not wait for pending output:
 * commands wait for theirs, and a stalled log reader must not delay the exit.
 */
export async function runProcess(
  argv: readonly string[],
  onSignal: ReturnType<typeof takeSignals>,
): Promise<never> {
  // The AWS SDK would print on standard error that it wants a newer Node.
  process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= 'true';
  const code = await run(argv, processHost(onSignal));
  process.exit(code);
}
