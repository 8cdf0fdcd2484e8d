import { Command } from 'commander';
import { Fault } from '../../fault.ts';
import { formatJson } from '../../terminal/json.ts';
import { helpText } from '../output/help-text.ts';
import { LineWriter } from '../output/line-writer.ts';
import { styleOf } from '../output/style-of.ts';
import { textOutput } from '../output/text-output.ts';
import type { Io } from '../process/io.ts';
import { addConfigOptions, readConfig } from '../store/config-options.ts';
import { askDaemon } from './ask-daemon.ts';
import { statusLines } from './status-text.ts';

const HELP = helpText({
  notes: [
    'Counts begin when the daemon starts. The same numbers, and more, are at /metrics for Prometheus.',
  ],
  examples: [
    ['tusd-ts status', 'what the daemon of this machine does'],
    ['tusd-ts status --admin-listen unix:/run/tusd-ts/admin.sock', 'of another one'],
    ['tusd-ts status --json | jq .deliveries', ''],
  ],
  exits: [
    [1, 'the daemon is not ready; the first lines say why'],
    [69, 'no daemon answers'],
  ],
});

/** `tusd-ts status`: asks the running daemon at its admin listener. */
export function statusCommand(io: Io): Command {
  const command = new Command('status').description('Show how the running daemon does');
  addConfigOptions(command, ['adminListen'], {
    texts: { adminListen: "address of the daemon's admin listener" },
  });
  return command
    .option('--json', 'as one JSON object')
    .addHelpText('after', HELP)
    .action((options) => status(io, options));
}

async function status(io: Io, options: Readonly<Record<string, unknown>>): Promise<void> {
  const { config } = await readConfig(io, options, { withSecrets: 'if-there' });
  const { adminListen: address } = config;
  if (address === null) {
    throw new Fault('CONFIG', 'the daemon cannot be asked: its admin listener is off', {
      hint: 'Set adminListen, for example to "127.0.0.1:9090", and restart the daemon.',
    });
  }
  if ('port' in address && address.port === 0) {
    throw new Fault('CONFIG', 'adminListen has the port 0, so only the ready line knows the port', {
      hint: 'Give the address of the ready line: --admin-listen 127.0.0.1:<port>',
    });
  }
  const answer = await askDaemon(address);
  if (answer.status !== 'ready') io.setExitCode(1);
  if (options.json === true) {
    await io.stdout.write(`${formatJson(answer, 2)}\n`);
    return;
  }
  const lines = new LineWriter(textOutput(io, io.stdout));
  const look = { style: styleOf(io), now: io.now() };
  const zone = io.timeZone === undefined ? {} : { timeZone: io.timeZone };
  for (const line of statusLines(answer, { ...look, ...zone })) await lines.line(line);
  await lines.flush();
}
