import { Command } from 'commander';
import { Fault } from '../fault.ts';
import { cutoffs } from '../retention/policy.ts';
import type { ListQuery } from '../storage/model/list-query.ts';
import type { StoredUpload } from '../storage/model/upload.ts';
import { formatJson } from '../terminal/json.ts';
import { helpText } from './help-text.ts';
import type { Io, Output } from './io.ts';
import { LineWriter } from './line-writer.ts';
import { readInterval, readLimit, readSort, readStates } from './list-query.ts';
import { LIST_COLUMNS, listRow, shownId } from './list-table.ts';
import { addUp, countOf, totalsLine } from './list-totals.ts';
import { addStorageOptions, type OpenedStore, withStore } from './open-store.ts';
import { styleOf } from './style-of.ts';
import { TableWriter } from './table-writer.ts';
import { viewJson, viewOf } from './upload-view.ts';
import { watch } from './watch.ts';

interface ListOptions extends Readonly<Record<string, unknown>> {
  readonly state?: string;
  readonly sort: string;
  readonly reverse?: boolean;
  readonly limit?: string;
  readonly json?: boolean;
  readonly ndjson?: boolean;
  readonly watch?: string | true;
}

/** What fits a screen; a pipe gets everything. */
const SCREENFUL = 50;
const WATCH_EVERY = '2';

const HELP = helpText({
  notes: [
    `States:
  receiving  a byte came within the last 10 seconds
  stalled    none has; the client can still resume
  waiting    a final upload whose parts are not all finished
  joining    a final upload whose parts are being put together
  finished   every byte is here
  expired    its time is up; the next cleanup removes it
  removed    remembered for a week after its removal; listed only with --state`,
  ],
  examples: [
    ['tusd-ts list', 'the newest uploads'],
    ['tusd-ts list --state receiving,stalled --watch', 'what is going on now'],
    ['tusd-ts list --sort size --limit 10', 'the ten largest'],
    ['tusd-ts list --ndjson | jq -r .id', 'every id, one upload a line'],
  ],
});

/** `tusd-ts list` */
export function listCommand(io: Io): Command {
  const command = new Command('list').description('List uploads, from the catalog');
  addStorageOptions(command, { retention: true });
  return command
    .option('--state <states>', 'only these, separated by commas')
    .option('--sort <order>', 'created (newest first), active, size or name', 'created')
    .option('--reverse', 'the other way round')
    .option(
      '--limit <n>',
      `at most so many, or "all" (default: ${SCREENFUL} on a terminal, else all)`,
    )
    .option('--json', 'as one JSON object')
    .option('--ndjson', 'as one JSON object per upload and line')
    .option('--watch [seconds]', `look again and again (default: every ${WATCH_EVERY} s)`)
    .addHelpText('after', HELP)
    .action((options: ListOptions) => list(io, options));
}

async function list(io: Io, options: ListOptions): Promise<void> {
  if ([options.json, options.ndjson, options.watch].filter(Boolean).length > 1) {
    throw new Fault('USAGE', 'only one of --json, --ndjson and --watch can be given');
  }
  const states = options.state === undefined ? undefined : readStates(options.state);
  const sort = readSort(options.sort);
  const forPeople = !options.json && !options.ndjson;
  const limit =
    options.limit === undefined
      ? forPeople && io.stdout.isTTY
        ? SCREENFUL
        : null
      : readLimit(options.limit);
  const interval =
    options.watch === undefined
      ? undefined
      : readInterval(options.watch === true ? WATCH_EVERY : options.watch);
  await withStore(io, options, async (opened) => {
    const wanted = { states, sort, reverse: options.reverse ?? false, limit };
    if (options.ndjson) await printNdjson(io, opened, wanted);
    else if (options.json) await printJson(io, opened, wanted);
    else if (interval === undefined) await printTable(io, io.stdout, opened, wanted);
    else await watch(io, interval, (output) => printTable(io, output, opened, wanted));
  });
}

interface Wanted {
  readonly states: ReturnType<typeof readStates> | undefined;
  readonly sort: ReturnType<typeof readSort>;
  readonly reverse: boolean;
  /** null for all. */
  readonly limit: number | null;
}

function look({ store, policy }: OpenedStore, wanted: Wanted, now: number) {
  const at = { now, ...cutoffs(policy, now) };
  const query: ListQuery = {
    sort: wanted.sort,
    reverse: wanted.reverse,
    ...(wanted.limit === null ? {} : { limit: wanted.limit }),
    ...(wanted.states ? { statuses: { names: wanted.states, at } } : {}),
  };
  return {
    uploads: store.list(query),
    view: (record: StoredUpload) => viewOf(record, policy, now),
    totals: async () => addUp(await store.statusTotals(at)),
  };
}

async function printNdjson(io: Io, opened: OpenedStore, wanted: Wanted): Promise<void> {
  const { uploads, view } = look(opened, wanted, io.now());
  const lines = new LineWriter(io.stdout);
  for await (const record of uploads) await lines.line(formatJson(viewJson(view(record))));
  await lines.flush();
}

async function printJson(io: Io, opened: OpenedStore, wanted: Wanted): Promise<void> {
  const { uploads, view, totals } = look(opened, wanted, io.now());
  const lines = new LineWriter(io.stdout);
  // Written as it is read: a list of any length needs no more memory than a short one.
  let before = '{"uploads":[';
  for await (const record of uploads) {
    await lines.line(before);
    before = `${formatJson(viewJson(view(record)))},`;
  }
  await lines.line(before.endsWith('},') ? before.slice(0, -1) : before);
  await lines.line(`],"totals":${formatJson(await totals())}}`);
  await lines.flush();
}

async function printTable(
  io: Io,
  output: Output,
  opened: OpenedStore,
  wanted: Wanted,
): Promise<void> {
  const now = io.now();
  const { uploads, view, totals } = look(opened, wanted, now);
  const style = styleOf(io);
  const { isTTY } = io.stdout;
  const lines = new LineWriter(output);
  const table = new TableWriter(LIST_COLUMNS, lines, {
    width: output.size()?.columns ?? null,
    style,
  });
  let shown = 0;
  for await (const record of uploads) {
    const id = isTTY ? await shownId(opened.store, record.id) : record.id;
    await table.row(listRow(view(record), { style, isTTY, now, id }));
    shown += 1;
  }
  await table.flush();
  const sum = await totals();
  const matching = wanted.states
    ? wanted.states.reduce((count, status) => count + sum.byStatus[status], 0)
    : sum.uploads;
  if (shown === 0) await lines.line(nothing(wanted, opened.config.uploadDir));
  if (shown < matching) {
    const more = `… ${countOf(matching - shown, 'more upload')} (--limit all)`;
    await lines.line(style.dim(more));
  }
  if (sum.uploads > 0) await lines.line(style.dim(totalsLine(sum)));
  await lines.flush();
}

function nothing({ states }: Wanted, uploadDir: string): string {
  if (states === undefined) return `No uploads in ${uploadDir}.`;
  return `No upload is ${states.join(' or ')}.`;
}
