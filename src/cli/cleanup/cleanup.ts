import { Command } from 'commander';
import { parseDuration } from '../../config/values/duration.ts';
import { Fault } from '../../fault.ts';
import type { SweepDecision } from '../../retention/decision.ts';
import type { RetentionPolicy } from '../../retention/policy.ts';
import { sweep } from '../../retention/sweep.ts';
import { helpText } from '../output/help-text.ts';
import { JsonList } from '../output/json-list.ts';
import { LineWriter } from '../output/line-writer.ts';
import { persevering } from '../output/output-fault.ts';
import { styleOf } from '../output/style-of.ts';
import { TableWriter } from '../output/table-writer.ts';
import { textOutput } from '../output/text-output.ts';
import type { Io, Output } from '../process/io.ts';
import {
  addStorageOptions,
  type OpenedStore,
  type OpenOptions,
  withStore,
} from '../store/open-store.ts';
import { reasonJson } from './sweep-json.ts';
import { decisionRow, type Looked, SWEEP_COLUMNS, summaryLines, withLooked } from './sweep-text.ts';

interface CleanupOptions extends Readonly<Record<string, unknown>> {
  readonly dryRun?: boolean;
  readonly olderThan?: string;
  readonly completed?: boolean;
  readonly orphans?: boolean;
  readonly json?: boolean;
}

const HELP = helpText({
  notes: [
    `What it removes is what the daemon's schedule removes: unfinished uploads without a byte for
retentionDays, and finished ones after completedRetentionDays (never, unless configured). What was
not configured for this command is taken from the daemon that last served the directory. An upload
that is being written is never removed, whatever the options say.`,
    `Files without a record and records without a file are looked for, too; what has changed within
the last hour is left alone. A file without a record is reported, and removed only with --orphans:
somebody may have put it there. A record without a file is marked as removed, unless the folder
holds no file at all (a disk that is not mounted); then that, too, needs --orphans.`,
  ],
  examples: [
    ['tusd-ts cleanup --dry-run', 'what would be removed, and why'],
    ['tusd-ts cleanup', 'what the schedule does, now'],
    ['tusd-ts cleanup --older-than 36h', 'unfinished uploads that are idle for 36 hours'],
    ['tusd-ts cleanup --completed --older-than 90d', 'finished ones of that age, too'],
  ],
  exits: [
    [1, 'done, but something could not be removed'],
    [130, 'interrupted by Ctrl-C: 128 and the number of the signal'],
  ],
});

const ORPHANS = { true: 'remove', false: 'skip', undefined: 'report' } as const;

/** `tusd-ts cleanup`. `plan` makes the hook deliveries of a removal. */
export function cleanupCommand(io: Io, { plan }: OpenOptions = {}): Command {
  const command = new Command('cleanup').description('Remove what was abandoned or has expired');
  addStorageOptions(command, { retention: true });
  return command
    .option('--dry-run', 'remove nothing; tell what would be removed or kept, and why')
    .option('--older-than <duration>', 'instead of retentionDays, such as 36h or 2d')
    .option('--completed', 'finished uploads, too: those older than --older-than')
    .option('--orphans', 'also remove files that have no record')
    .option('--no-orphans', 'do not look for files without a record: quicker with many uploads')
    .option('--json', 'as one JSON object')
    .addHelpText('after', HELP)
    .action((options: CleanupOptions) =>
      withStore(io, options, (opened) => cleanup(io, opened, options), plan ? { plan } : {}),
    );
}

async function cleanup(io: Io, opened: OpenedStore, options: CleanupOptions): Promise<void> {
  const { store, policy } = opened;
  const { dryRun = false, completed = false } = options;
  const olderThan = readAge(options.olderThan);
  if (completed) checkCompleted(policy, olderThan);
  const looked = await countOfAll(store, io.now());
  const ending = endOnSignal(io);
  const decisions = sweep(store, {
    policy,
    now: io.now,
    dryRun,
    ...(olderThan === undefined ? {} : { olderThan }),
    includeFinished: completed,
    orphans: ORPHANS[String(options.orphans) as keyof typeof ORPHANS],
    signal: ending.signal,
  });
  // A sweep that has begun completes even when its output cannot be written any more.
  const { output, settle } = persevering(options.json ? io.stdout : textOutput(io, io.stdout));
  const failed = options.json
    ? await printJson(output, decisions, { dryRun, looked })
    : await printText(io, output, decisions, { dryRun, looked });
  settle();
  if (failed > 0) io.setExitCode(1);
  const code = ending.exitCode();
  if (code === null) return;
  const what = dryRun ? 'nothing was removed' : 'what was removed stays removed, the rest is kept';
  await io.stderr.write(`tusd-ts: interrupted: ${what}\n`).catch(() => {});
  io.setExitCode(code);
}

/** Signals that end a cleanup between two uploads, with the usual exit codes of shells. */
const ENDING = [
  ['SIGHUP', 129],
  ['SIGINT', 130],
  ['SIGQUIT', 131],
  ['SIGTERM', 143],
] as const;

/** The first signal lets the current removal complete; the second one ends the process at once. */
function endOnSignal(io: Io): { readonly signal: AbortSignal; exitCode(): number | null } {
  const ending = new AbortController();
  let exitCode: number | null = null;
  const offs = ENDING.map(([signal, code]) =>
    io.onSignal(signal, () => {
      exitCode = code;
      ending.abort();
      for (const off of offs) off();
    }),
  );
  return { signal: ending.signal, exitCode: () => exitCode };
}

/** Counts the catalog's uploads and parts before the sweep. */
async function countOfAll(store: OpenedStore['store'], now: number): Promise<Looked> {
  const rows = await store.statusTotals({ now, idleSince: null, finishedBefore: null });
  const count = (part: 0 | 1) =>
    rows
      .filter((row) => row.part === part && row.state !== 'removed')
      .reduce((sum, row) => sum + row.count, 0);
  return { uploads: count(0), parts: count(1) };
}

interface SweepContext {
  readonly dryRun: boolean;
  readonly looked: Looked;
}

function readAge(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const age = parseDuration(text);
  if (age > 0) return age;
  throw new Fault('USAGE', '--older-than must be more than nothing', {
    hint: 'To remove one upload whatever its age: tusd-ts remove ID',
  });
}

function checkCompleted(policy: RetentionPolicy, olderThan: number | undefined): void {
  if (olderThan !== undefined || policy.finishedFor !== null) return;
  throw new Fault(
    'USAGE',
    '--completed needs to know how old: finished uploads are kept for ever',
    {
      hint: 'Add --older-than 90d, or configure completedRetentionDays.',
    },
  );
}

type Sweep = ReturnType<typeof sweep>;

async function printText(
  io: Io,
  output: Output,
  decisions: Sweep,
  { dryRun, looked }: SweepContext,
): Promise<number> {
  const style = styleOf(io);
  const lines = new LineWriter(output);
  // Never cut: the reason is the point of the output.
  const table = new TableWriter(SWEEP_COLUMNS, lines, { width: null, style });
  for (;;) {
    const { value, done } = await decisions.next();
    if (!done) {
      await table.row(decisionRow(value, style, output.isTTY));
      continue;
    }
    await table.flush();
    const sum = withLooked(value, looked);
    for (const line of summaryLines(sum, dryRun)) await lines.line(line);
    await lines.flush();
    return value.failed;
  }
}

/** Writes one JSON object as the sweep proceeds, so that memory use is constant. */
async function printJson(
  output: Output,
  decisions: Sweep,
  { dryRun, looked }: SweepContext,
): Promise<number> {
  const list = new JsonList(output, { dryRun });
  for (;;) {
    const { value, done } = await decisions.next();
    if (!done) {
      await list.item(decisionJson(value));
      continue;
    }
    await list.end({ summary: withLooked(value, looked) });
    return value.failed;
  }
}

/** The format is documented in docs/json.md. */
function decisionJson({ action, kind, id, name, bytes, reason }: SweepDecision) {
  return { action, kind, id, name, bytes, reason: reasonJson(reason) };
}
