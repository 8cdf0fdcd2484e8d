import { Command } from 'commander';
import type { ProcessInfo } from '../../storage/store.ts';
import { formatJson } from '../../terminal/json.ts';
import { formatCount } from '../../terminal/size.ts';
import { formatDateTime, formatIso } from '../../terminal/time.ts';
import { sanitize } from '../../text/sanitize.ts';
import { formatDuration } from '../../text/span.ts';
import { helpText } from '../output/help-text.ts';
import { LineWriter } from '../output/line-writer.ts';
import { styleOf } from '../output/style-of.ts';
import { TableWriter } from '../output/table-writer.ts';
import { textOutput } from '../output/text-output.ts';
import type { Io } from '../process/io.ts';
import { addStorageOptions, withStore } from '../store/open-store.ts';

interface DaemonsOptions extends Readonly<Record<string, unknown>> {
  readonly json?: boolean;
}

/** A heartbeat comes every 5 seconds; one this late is shown in red (milliseconds). */
const LATE = 8_000;

const HELP = helpText({
  notes: [
    `Each daemon sends a heartbeat every 5 seconds; LAG is the time since the last one. A daemon that was
killed stays in the list for 15 seconds with a database, and for 30 in a directory.`,
  ],
  examples: [
    ['tusd-ts daemons', 'who serves these uploads'],
    ['tusd-ts daemons --json | jq .daemons[].version', 'while a new version is rolled out'],
  ],
});

/** `tusd-ts daemons` */
export function daemonsCommand(io: Io): Command {
  const command = new Command('daemons').description('List the daemons that serve these uploads');
  addStorageOptions(command, { retention: false });
  return command
    .option('--json', 'as one JSON object')
    .addHelpText('after', HELP)
    .action((options: DaemonsOptions) =>
      withStore(io, options, async ({ store }) => {
        const daemons = (await store.processes()).filter(({ role }) => role === 'daemon');
        if (options.json) {
          await io.stdout.write(`${formatJson({ daemons: daemons.map(daemonJson) }, 2)}\n`);
        } else await printTable(io, daemons);
      }),
    );
}

/** The format is stable: keys may be added, but not removed. */
function daemonJson({ host, pid, version, startedAt, receiving, lag }: ProcessInfo) {
  return { host, pid, version, startedAt: formatIso(startedAt), receiving, lagMs: lag };
}

async function printTable(io: Io, daemons: readonly ProcessInfo[]): Promise<void> {
  const lines = new LineWriter(textOutput(io, io.stdout));
  if (daemons.length === 0) await lines.line('No daemon is alive.');
  else {
    const style = styleOf(io);
    const columns = ['HOST', 'PID', 'VERSION', 'SINCE', 'RECEIVING', 'LAG'];
    const table = new TableWriter(
      columns.map((header) => ({ header })),
      lines,
      { width: null, style },
    );
    const zone = io.timeZone === undefined ? {} : { timeZone: io.timeZone };
    for (const { host, pid, version, startedAt, receiving, lag } of daemons) {
      await table.row([
        sanitize(host),
        String(pid),
        sanitize(version),
        formatDateTime(startedAt, zone),
        formatCount(receiving),
        (lag > LATE ? style.bad : style.dim)(formatDuration(lag)),
      ]);
    }
    await table.flush();
  }
  await lines.flush();
}
