import { Command } from 'commander';
import {
  DELIVERY_STATUSES,
  type DeliveryCounts,
  type DeliveryQuery,
  type DeliveryStatus,
} from '../../storage/model/delivery.ts';
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
import { DELIVERY_COLUMNS, deliveryJson, deliveryRow } from '../view/delivery-view.ts';
import { oneOf, readLimit } from '../view/list-query.ts';
import { shownId } from '../view/list-table.ts';

interface ListOptions extends Readonly<Record<string, unknown>> {
  readonly state?: string;
  readonly hook?: string;
  readonly upload?: string;
  readonly limit: string;
  readonly json?: boolean;
}

const UNDELIVERED = ['pending', 'failing', 'dead'] as const;

const HELP = helpText({
  notes: [
    `States:
  pending    not tried yet; "waits" for an earlier event of the same upload
  failing    tried in vain, and will be tried again
  dead       given up; \`tusd-ts hooks retry\` has it tried anew
  delivered  taken by the hook; listed only with --state, and forgotten after a week`,
  ],
  examples: [
    ['tusd-ts hooks list', 'what is not delivered'],
    ['tusd-ts hooks list --state dead --hook app', 'events that will not reach the hook app'],
    ['tusd-ts hooks list --state all --upload 3f0c9a2b', 'all deliveries of one upload'],
  ],
});

/** `tusd-ts hooks list` */
export function hooksListCommand(io: Io): Command {
  const command = new Command('list').description('List deliveries to hooks, the newest first');
  addStorageOptions(command, { retention: false });
  return command
    .option('--state <states>', 'only these, separated by commas, or "all"', UNDELIVERED.join())
    .option('--hook <name>', 'only those to this hook')
    .option('--upload <id>', 'only those about this upload (as `inspect` takes it)')
    .option('--limit <n>', 'at most so many, or "all"', '50')
    .option('--json', 'as one JSON object')
    .addHelpText('after', HELP)
    .action((options: ListOptions) => list(io, options));
}

async function list(io: Io, options: ListOptions): Promise<void> {
  const { hook } = options;
  const statuses = readStatuses(options.state ?? UNDELIVERED.join());
  const limit = readLimit(options.limit) ?? Number.MAX_SAFE_INTEGER;
  await withStore(io, options, async ({ store }) => {
    const query: DeliveryQuery = {
      statuses,
      limit,
      ...(hook === undefined ? {} : { hook }),
      ...(options.upload === undefined ? {} : { upload: await idOrGiven(store, options.upload) }),
    };
    if (options.json) await printJson(io, store, query);
    else await printTable(io, store, query);
  });
}

/** The value of `--state`. Throws USAGE. */
function readStatuses(text: string): readonly DeliveryStatus[] {
  const names = text
    .split(',')
    .map((part) => oneOf(part.trim(), [...DELIVERY_STATUSES, 'all'], '--state'));
  return names.flatMap((name) => (name === 'all' ? DELIVERY_STATUSES : name));
}

async function printJson(io: Io, store: CommandStore, query: DeliveryQuery): Promise<void> {
  const deliveries = (await store.outbox.list(query)).map(deliveryJson);
  const totals = (await store.outbox.counts()).map(({ oldestAt, ...counts }) => ({
    ...counts,
    oldestAt: oldestAt === null ? null : formatIso(oldestAt),
  }));
  await io.stdout.write(`${formatJson({ deliveries, totals }, 2)}\n`);
}

async function printTable(io: Io, store: CommandStore, query: DeliveryQuery): Promise<void> {
  const style = styleOf(io);
  const now = io.now();
  const lines = new LineWriter(textOutput(io, io.stdout));
  const width = io.stdout.size()?.columns ?? null;
  const table = new TableWriter(DELIVERY_COLUMNS, lines, { width, style });
  const deliveries = await store.outbox.list(query);
  for (const delivery of deliveries) {
    const id = delivery.upload;
    const upload = io.stdout.isTTY ? await shownId(store, id) : id;
    await table.row(deliveryRow(delivery, { style, now, upload }));
  }
  await table.flush();
  if (deliveries.length === 0) await lines.line(nothing(query));
  const totals = await store.outbox.counts();
  if (totals.length > 0) await lines.line(style.dim(totalsLine(totals)));
  await lines.flush();
}

function nothing({ statuses = [], hook, upload }: DeliveryQuery): string {
  const about = `${hook === undefined ? '' : ` to the hook ${hook}`}${upload === undefined ? '' : ` about ${upload}`}`;
  return `No delivery${about} is ${statuses.join(' or ')}.`;
}

/** "3 pending · 1 failing · 2 dead (app: 1 failing, 2 dead; scan: 3 pending)" */
function totalsLine(totals: readonly DeliveryCounts[]): string {
  const sum = (status: (typeof UNDELIVERED)[number]) =>
    totals.reduce((all, counts) => all + counts[status], 0);
  const line = UNDELIVERED.map((status) => `${formatCount(sum(status))} ${status}`).join(' · ');
  if (totals.length < 2) return line;
  const each = totals.map((counts) => {
    const parts = UNDELIVERED.filter((status) => counts[status] > 0);
    return `${counts.hook}: ${parts.map((one) => `${formatCount(counts[one])} ${one}`).join(', ')}`;
  });
  return `${line} (${each.join('; ')})`;
}
