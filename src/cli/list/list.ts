import { Command } from 'commander';
import { Fault } from '../../fault.ts';
import { cutoffs } from '../../retention/policy.ts';
import type { ListQuery } from '../../storage/model/list-query.ts';
import type { StoredUpload } from '../../storage/model/upload.ts';
import { formatJson } from '../../terminal/json.ts';
import { sanitize } from '../../text/sanitize.ts';
import { helpText } from '../output/help-text.ts';
import { JsonList } from '../output/json-list.ts';
import { LineWriter } from '../output/line-writer.ts';
import { styleOf } from '../output/style-of.ts';
import { TableWriter } from '../output/table-writer.ts';
import { textOutput } from '../output/text-output.ts';
import type { Io, Output } from '../process/io.ts';
import { addStorageOptions, type OpenedStore, withStore } from '../store/open-store.ts';
import { readInterval, readLimit, readSort, readStates, UNDELIVERED } from '../view/list-query.ts';
import { listColumns, listRow, shownId } from '../view/list-table.ts';
import { addUp, countOf, countRows, totalsLines } from '../view/list-totals.ts';
import { viewJson, viewOf } from '../view/upload-view.ts';
import { watch } from './watch.ts';

interface ListOptions extends Readonly<Record<string, unknown>> {
  readonly state?: string;
  readonly owner?: string;
  readonly sort: string;
  readonly reverse?: boolean;
  readonly parts?: boolean;
  readonly limit?: string;
  readonly json?: boolean;
  readonly ndjson?: boolean;
  readonly watch?: string | true;
}

/** The default limit on a terminal; a pipe gets everything. */
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
  removed    remembered for a week after its removal; listed only with --state

--state undelivered lists finished uploads that a rule has yet to deliver.`,
  ],
  examples: [
    ['tusd-ts list', 'the newest uploads'],
    ['tusd-ts list --state receiving,stalled --watch', 'what is going on now'],
    ['tusd-ts list --owner alice', 'those of one principal (docs/access.md)'],
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
    .option('--owner <name>', 'only those of this principal')
    .option('--sort <order>', 'created (newest first), active, size or name', 'created')
    .option('--reverse', 'the other way round')
    .option('--parts', 'parts of an upload, too, which are folded into it otherwise')
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
    const wanted = {
      states,
      owner: options.owner,
      sort,
      reverse: options.reverse ?? false,
      limit,
      foldParts: !options.parts,
    };
    if (options.ndjson) await printNdjson(io, opened, wanted);
    else if (options.json) await printJson(io, opened, wanted);
    else if (interval === undefined) {
      await printTable(io, textOutput(io, io.stdout), opened, wanted);
    } else
      await watch({ ...io, stdout: textOutput(io, io.stdout) }, interval, (output) =>
        printTable(io, output, opened, wanted),
      );
  });
}

interface Wanted {
  readonly states: ReturnType<typeof readStates> | undefined;
  readonly owner: string | undefined;
  readonly sort: ReturnType<typeof readSort>;
  readonly reverse: boolean;
  /** null for all. */
  readonly limit: number | null;
  readonly foldParts: boolean;
}

function look({ store, policy }: OpenedStore, wanted: Wanted, now: number) {
  const at = cutoffs(policy, now);
  const query: ListQuery = {
    sort: wanted.sort,
    reverse: wanted.reverse,
    foldParts: wanted.foldParts,
    ...(wanted.owner === undefined ? {} : { owner: wanted.owner }),
    ...(wanted.limit === null ? {} : { limit: wanted.limit }),
    ...(wanted.states === UNDELIVERED
      ? { undelivered: true }
      : wanted.states
        ? { statuses: { names: wanted.states, at } }
        : {}),
  };
  return {
    uploads: store.list(query),
    view: async (record: StoredUpload) => viewOf(record, policy, now, await store.received(record)),
    rows: () => store.statusTotals(at, wanted.owner),
    movedBytes: () => store.movedBytes(wanted.owner),
  };
}

async function printNdjson(io: Io, opened: OpenedStore, wanted: Wanted): Promise<void> {
  const { uploads, view } = look(opened, wanted, io.now());
  const lines = new LineWriter(io.stdout);
  for await (const record of uploads) await lines.line(formatJson(viewJson(await view(record))));
  await lines.flush();
}

async function printJson(io: Io, opened: OpenedStore, wanted: Wanted): Promise<void> {
  const { uploads, view, rows, movedBytes } = look(opened, wanted, io.now());
  const list = new JsonList(io.stdout);
  for await (const record of uploads) await list.item(viewJson(await view(record)));
  await list.end({ totals: addUp(await rows(), await movedBytes()) });
}

async function printTable(
  io: Io,
  output: Output,
  opened: OpenedStore,
  wanted: Wanted,
): Promise<void> {
  const now = io.now();
  const looked = look(opened, wanted, now);
  const { uploads, view } = looked;
  const style = styleOf(io);
  const { isTTY } = io.stdout;
  const { store } = opened;
  const parts = await store.hasParts();
  const owners = wanted.owner === undefined && (await store.hasOwners());
  const listLook = { style, isTTY, parts, owners, now };
  const lines = new LineWriter(output);
  const width = output.size()?.columns ?? null;
  const table = new TableWriter(listColumns(listLook), lines, { width, style });
  let shown = 0;
  for await (const record of uploads) {
    const id = isTTY ? await shownId(store, record.id) : record.id;
    await table.row(listRow(await view(record), id, listLook));
    shown += 1;
  }
  await table.flush();
  const rows = await looked.rows();
  const { states } = wanted;
  const matching =
    states === UNDELIVERED
      ? await lengthOf(store.list({ undelivered: true }))
      : countRows(rows, states, wanted.foldParts);
  if (shown === 0) await lines.line(nothing(wanted, placeOf(opened)));
  if (shown < matching) {
    const more = `… ${countOf(matching - shown, 'more upload')} (--limit all)`;
    await lines.line(style.dim(more));
  }
  const sum = addUp(rows, await looked.movedBytes());
  if (sum.uploads + sum.parts > 0) {
    for (const line of totalsLines(sum, width)) await lines.line(style.dim(line));
  }
  await lines.flush();
}

function placeOf({ config, store }: OpenedStore): string {
  return config.storage.type === 'local' ? config.uploadDir : store.place;
}

function nothing({ states, owner }: Wanted, place: string): string {
  const whose = owner === undefined ? '' : ` of ${sanitize(owner)}`;
  if (states === undefined) return `No uploads${whose} in ${sanitize(place)}.`;
  return `No upload${whose} is ${states === UNDELIVERED ? states : states.join(' or ')}.`;
}

async function lengthOf(records: AsyncIterable<StoredUpload>): Promise<number> {
  let length = 0;
  for await (const _ of records) length += 1;
  return length;
}
