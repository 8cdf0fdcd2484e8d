import { Command } from 'commander';
import { Fault } from '../../fault.ts';
import { isKept } from '../../storage/model/upload.ts';
import { formatJson } from '../../terminal/json.ts';
import { formatSize } from '../../terminal/size.ts';
import { helpText } from '../output/help-text.ts';
import { LineWriter } from '../output/line-writer.ts';
import { persevering } from '../output/output-fault.ts';
import { styleOf } from '../output/style-of.ts';
import { textOutput } from '../output/text-output.ts';
import type { Input, Io } from '../process/io.ts';
import { processInput } from '../process/process-input.ts';
import {
  addStorageOptions,
  type OpenedStore,
  type OpenOptions,
  withStore,
} from '../store/open-store.ts';
import { countOf } from '../view/list-totals.ts';
import { viewOf } from '../view/upload-view.ts';
import {
  findAll,
  inOrder,
  type Named,
  type RemovalOutcome,
  removeOne,
  withParts,
} from './removal.ts';
import { printRemoval, removalJson, summaryOf } from './removal-text.ts';

interface RemoveOptions extends Readonly<Record<string, unknown>> {
  readonly yes?: boolean;
  readonly dryRun?: boolean;
  readonly parts?: boolean;
  readonly json?: boolean;
}

const HELP = helpText({
  notes: [
    `An upload can be named as \`tusd-ts inspect\` takes it: by its id, the beginning of the id, its URL, or
the path of its data file. A transfer that is running is ended; its client is answered 410 (gone). A
part cannot be removed while an unfinished upload needs it. The daemon notifies hooks.`,
  ],
  examples: [
    ['tusd-ts remove 3f0c9a2b', 'ask first, then remove it'],
    ['tusd-ts remove --dry-run 3f0c9a2b', 'what would be removed'],
    [
      'tusd-ts list --state stalled --ndjson | jq -r .id | tusd-ts remove --yes -',
      'ids from a pipe',
    ],
  ],
  exits: [
    [1, 'done, but something could not be removed or was not found, or the answer was no'],
    [66, 'nothing that was named is there'],
  ],
});

/** `tusd-ts remove <upload>…`. `plan` makes the hook deliveries of a removal. */
export function removeCommand(io: Io, { plan }: OpenOptions = {}): Command {
  const command = new Command('remove')
    .description('Remove uploads, finished or not, now')
    .argument('<upload...>', 'ids, beginnings of ids, URLs or paths; "-" reads them from stdin');
  addStorageOptions(command, { retention: true });
  return command
    .option('--yes', 'do not ask')
    .option('--dry-run', 'remove nothing; tell what would be removed')
    .option('--parts', 'the parts of an upload, too; otherwise they stay until they expire')
    .option('--json', 'as one JSON object')
    .addHelpText('after', HELP)
    .action(async (uploads: string[], options: RemoveOptions) => {
      const input = io.input ?? processInput();
      const piped = uploads.includes('-');
      if (!options.yes && !options.dryRun && (piped || !input.isTTY)) throw needsYes();
      const given = await namesIn(uploads, input);
      const use = (opened: OpenedStore) => remove(io, input, opened, given, options);
      await withStore(io, options, use, plan ? { plan } : {});
    });
}

function needsYes(): Fault {
  return new Fault('USAGE', 'remove asks before it removes, and nobody can be asked here', {
    hint: 'Add --yes to remove without a question, or --dry-run to see what would be removed.',
  });
}

async function namesIn(uploads: readonly string[], { lines }: Input): Promise<string[]> {
  const names: string[] = [];
  for (const upload of uploads) {
    if (upload !== '-') names.push(upload);
    else for await (const line of lines) if (line.trim() !== '') names.push(line.trim());
  }
  return names;
}

async function remove(
  io: Io,
  input: Input,
  { store, policy }: OpenedStore,
  given: readonly string[],
  options: RemoveOptions,
): Promise<void> {
  const { dryRun = false, json = false } = options;
  const found = await findAll(store, given);
  const named = inOrder(options.parts ? await withParts(store, found) : found);
  if (!options.yes && !dryRun && !(await agrees(input, named))) return io.setExitCode(1);
  const { output, settle } = persevering(json ? io.stdout : textOutput(io, io.stdout));
  const lines = new LineWriter(output);
  const outcomes: RemovalOutcome[] = [];
  for (const one of named) {
    const { record } = one;
    const view = record && viewOf(record, policy, io.now(), await store.received(record));
    const outcome = await removeOne(store, one, view, dryRun);
    outcomes.push(outcome);
    if (!json) await printRemoval(lines, outcome, { style: styleOf(io), now: io.now() });
  }
  const summary = summaryOf(outcomes);
  if (json) await lines.line(formatJson({ dryRun, uploads: outcomes.map(removalJson), summary }));
  else {
    const end = dryRun ? 'Nothing was removed (--dry-run).' : '';
    const did = dryRun ? 'Would remove' : 'Removed';
    const sum = `${did} ${countOf(summary.removed, 'upload')}, ${formatSize(summary.bytes)}.`;
    await lines.line(`${sum} ${end}`.trimEnd());
  }
  await lines.flush();
  settle();
  const { notFound, failed } = summary;
  if (notFound === outcomes.length && notFound > 0) io.setExitCode(66);
  else if (notFound + failed > 0) io.setExitCode(1);
}

async function agrees(input: Input, named: readonly Named[]): Promise<boolean> {
  const there = named.flatMap(({ record }) =>
    record === null || record.state === 'removed' ? [] : [record],
  );
  if (there.length === 0) return true;
  const finished = there.filter(isKept);
  const bytes = there.reduce((sum, { offset, movedTo }) => sum + (movedTo ? 0 : offset), 0);
  const warning =
    finished.length === 0
      ? ''
      : ` ${finished.length} of them ${finished.length === 1 ? 'is' : 'are'} finished.`;
  const what = `${countOf(there.length, 'upload')}, ${formatSize(bytes)}`;
  const answer = await input.ask(`Remove ${what}?${warning} This cannot be undone. [y/N] `);
  return /^y(es)?$/i.test(answer?.trim() ?? '');
}
