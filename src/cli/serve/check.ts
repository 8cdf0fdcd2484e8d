import type { LoadedConfig } from '../../config/load.ts';
import { checkStart } from '../../daemon/check/check.ts';
import { addressesOf } from '../../daemon/live-options.ts';
import type { Fault } from '../../fault.ts';
import { sanitize } from '../../text/sanitize.ts';
import { LineWriter } from '../output/line-writer.ts';
import { styleOf } from '../output/style-of.ts';
import { textOutput } from '../output/text-output.ts';
import { inheritedSockets } from '../process/inherited-sockets.ts';
import type { Io } from '../process/io.ts';

/**
 * `serve --check`: looks at what a start with this configuration would need, and starts nothing. Prints
 * a line for each check. The exit code is that of the first failure.
 */
export async function checkServe(io: Io, { config, file }: LoadedConfig): Promise<void> {
  const style = styleOf(io);
  const lines = new LineWriter(textOutput(io, io.stdout));
  const from = file === null ? 'no file: flags, variables and defaults' : sanitize(file);
  await lines.line(`${style.ok('ok')}      configuration: ${from}`);
  let first: Fault | undefined;
  const addresses = addressesOf(config, inheritedSockets(io.env, process.pid));
  for await (const checked of checkStart(config, addresses, io.env)) {
    if ('found' in checked) {
      await lines.line(`${style.ok('ok')}      ${checked.what}: ${checked.found}`);
      continue;
    }
    const { title, details, hint = '' } = checked.fault;
    const why = [title, ...details, hint].filter(Boolean).join(' ');
    await lines.line(`${style.bad('failed')}  ${checked.what}: ${why}`);
    first ??= checked.fault;
  }
  await lines.flush();
  if (first) io.setExitCode(first.exitCode);
}
