import { Command } from 'commander';
import { Fault } from '../../fault.ts';
import type { CommandStore } from '../../storage/store.ts';
import { formatJson } from '../../terminal/json.ts';
import { formatCount } from '../../terminal/size.ts';
import { helpText } from '../output/help-text.ts';
import type { Io } from '../process/io.ts';
import { addStorageOptions, withStore } from '../store/open-store.ts';

interface RetryOptions extends Readonly<Record<string, unknown>> {
  readonly all?: boolean;
  readonly json?: boolean;
}

/** The most rows changed in one transaction, so that the daemon does not wait long for the lock. */
const AT_ONCE = 500;

const HELP = helpText({
  notes: [
    `The daemon tries what is due within a second; without a daemon, at its next start. A file that
was delivered is not delivered again.`,
  ],
  examples: [
    ['tusd-ts deliver retry 12', 'try number 12 again, now, also if it was skipped'],
    ['tusd-ts deliver retry --all', 'everything that failed'],
  ],
  exits: [[66, 'no such number']],
});

/** `tusd-ts deliver retry <no>|--all` */
export function deliverRetryCommand(io: Io): Command {
  const command = new Command('retry')
    .description('Have a file tried again, or all that failed')
    .argument('[no]', 'its number in `tusd-ts deliver list`');
  addStorageOptions(command, { retention: false });
  return command
    .option('--all', 'every failing one')
    .option('--json', 'as one JSON object')
    .addHelpText('after', HELP)
    .action((no: string | undefined, _: unknown, command: Command) =>
      retry(io, no, command.optsWithGlobals()),
    );
}

async function retry(io: Io, no: string | undefined, options: RetryOptions): Promise<void> {
  if ((no === undefined) !== Boolean(options.all)) {
    throw new Fault('USAGE', 'give either a number or --all', {
      hint: 'Numbers are in the first column of: tusd-ts deliver list',
    });
  }
  await withStore(io, options, async ({ store }) => {
    const now = io.now();
    const count = await (no === undefined ? retryAll(store, now) : retryOne(store, no, now));
    await io.stdout.write(`${options.json ? formatJson({ due: count }) : sentenceOf(count)}\n`);
  });
}

function sentenceOf(count: number): string {
  if (count === 0) return 'Nothing has failed.';
  return count === 1 ? '1 delivery is due now.' : `${formatCount(count)} deliveries are due now.`;
}

async function retryOne(store: CommandStore, no: string, now: number): Promise<number> {
  if (!/^\d{1,15}$/.test(no)) {
    throw new Fault('USAGE', `${JSON.stringify(no)} is not a number of the list`, {
      hint: 'Numbers are in the first column of: tusd-ts deliver list --state all',
    });
  }
  if (await store.placements.retry(Number(no), now)) return 1;
  const found = await store.placements.get(Number(no));
  if (found) throw new Fault('CONFLICT', `number ${no} was delivered to ${found.path}`);
  throw new Fault('NOT_FOUND', `there is no number ${no}`, {
    hint: 'What there is: tusd-ts deliver list --state all',
  });
}

async function retryAll(store: CommandStore, now: number): Promise<number> {
  let count = 0;
  let after = 0;
  for (;;) {
    const seqs = await store.placements.retryFailing(after, AT_ONCE, now);
    count += seqs.length;
    const last = seqs.at(-1);
    if (last === undefined) return count;
    after = last;
  }
}
