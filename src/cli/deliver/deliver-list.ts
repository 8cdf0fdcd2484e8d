import { Command } from 'commander';
import {
  PLACEMENT_STATUSES,
  type Placement,
  type PlacementCounts,
  type PlacementStatus,
} from '../../storage/model/placement.ts';
import type { CommandStore } from '../../storage/store.ts';
import { formatJson } from '../../terminal/json.ts';
import { formatCount } from '../../terminal/size.ts';
import { formatIso } from '../../terminal/time.ts';
import { helpText } from '../output/help-text.ts';
import { LineWriter } from '../output/line-writer.ts';
import { styleOf } from '../output/style-of.ts';
import { TableWriter } from '../output/table-writer.ts';
import { textOutput } from '../output/text-output.ts';
import type { Io } from '../process/io.ts';
import { idOrGiven } from '../store/find-upload.ts';
import { addStorageOptions, withStore } from '../store/open-store.ts';
import { oneOf, readLimit } from '../view/list-query.ts';
import { shownId } from '../view/list-table.ts';
import { PLACEMENT_COLUMNS, placementJson, placementRow } from '../view/placement-view.ts';
import { NEEDS_FILES } from './needs-files.ts';

interface ListOptions extends Readonly<Record<string, unknown>> {
  readonly state: string;
  readonly rule?: string;
  readonly upload?: string;
  readonly limit: string;
  readonly json?: boolean;
}

const UNDELIVERED = 'pending,failing,skipped';

const HELP = helpText({
  notes: [
    `States:
  pending    not tried yet
  failing    tried in vain, and will be tried again, at the latest after five minutes
  skipped    will not be delivered, for the reason that is shown; \`deliver retry\` tries it anew
  delivered  at its place; listed only with --state`,
  ],
  examples: [
    ['tusd-ts deliver list', 'what is not delivered'],
    ['tusd-ts deliver list --state delivered --upload 3f0c9a2b', 'where an upload was put'],
  ],
});

/** `tusd-ts deliver list` */
export function deliverListCommand(io: Io): Command {
  const command = new Command('list').description('List files on their way, the newest first');
  addStorageOptions(command, { retention: false });
  return command
    .option('--state <states>', 'only these, separated by commas, or "all"', UNDELIVERED)
    .option('--rule <name>', 'only those of this rule')
    .option('--upload <id>', 'only those of this upload (as `inspect` takes it)')
    .option('--limit <n>', 'at most so many, or "all"', '50')
    .option('--json', 'as one JSON object')
    .addHelpText('after', HELP)
    .action((_: unknown, command: Command) => list(io, command.optsWithGlobals()));
}

async function list(io: Io, options: ListOptions): Promise<void> {
  const statuses = readStatuses(options.state);
  const limit = readLimit(options.limit) ?? Number.MAX_SAFE_INTEGER;
  await withStore(
    io,
    options,
    async ({ store }) => {
      const { rule } = options;
      const upload =
        options.upload === undefined ? undefined : await idOrGiven(store, options.upload);
      const found = await store.placements.list({
        statuses,
        ...(rule === undefined ? {} : { rule }),
        ...(upload === undefined ? {} : { upload }),
        limit,
      });
      const counts = await store.placements.counts();
      if (options.json) {
        const totals = counts.map((one) => ({ ...one, oldestAt: formatIso(one.oldestAt) }));
        const deliveries = found.map(placementJson);
        return io.stdout.write(`${formatJson({ deliveries, totals }, 2)}\n`);
      }
      await printTable(io, store, found, counts, `No file is ${statuses.join(' or ')}.`);
    },
    { files: NEEDS_FILES },
  );
}

async function printTable(
  io: Io,
  store: CommandStore,
  placements: readonly Placement[],
  totals: readonly PlacementCounts[],
  nothing: string,
): Promise<void> {
  const style = styleOf(io);
  const now = io.now();
  const lines = new LineWriter(textOutput(io, io.stdout));
  const width = io.stdout.size()?.columns ?? null;
  const table = new TableWriter(PLACEMENT_COLUMNS, lines, { width, style });
  for (const placement of placements) {
    const id = placement.upload;
    const upload = io.stdout.isTTY ? await shownId(store, id) : id;
    await table.row(placementRow(placement, { style, now, upload }));
  }
  await table.flush();
  if (placements.length === 0) await lines.line(nothing);
  for (const { rule, pending, failing } of totals) {
    const counts = `${formatCount(pending)} pending · ${formatCount(failing)} failing`;
    await lines.line(style.dim(`${rule}: ${counts}`));
  }
  await lines.flush();
}

/** The value of `--state`. Throws USAGE. */
function readStatuses(text: string): readonly PlacementStatus[] {
  const names = text
    .split(',')
    .map((part) => oneOf(part.trim(), [...PLACEMENT_STATUSES, 'all'], '--state'));
  return [...new Set(names.flatMap((name) => (name === 'all' ? PLACEMENT_STATUSES : name)))];
}
