import { Command } from 'commander';
import { Fault } from '../../fault.ts';
import type { CommandStore } from '../../storage/store.ts';
import { formatJson } from '../../terminal/json.ts';
import { formatCount } from '../../terminal/size.ts';
import { helpText } from '../output/help-text.ts';
import type { Io } from '../process/io.ts';
import { addStorageOptions, withStore } from '../store/open-store.ts';
import { findDelivery } from './find-delivery.ts';

interface RetryOptions extends Readonly<Record<string, unknown>> {
  readonly all?: boolean;
  readonly json?: boolean;
}

/** The most rows changed in one transaction, so that the daemon does not wait long for the lock. */
const AT_ONCE = 500;

const HELP = helpText({
  notes: [
    `The daemon sends what is due within a second; without a daemon, at its next start. What counts as
an attempt begins anew, and so does the time until it is given up. A delivery that was taken already
is sent once more, under the same id.`,
  ],
  examples: [
    ['tusd-ts hooks retry 12', 'try delivery 12 again, now'],
    ['tusd-ts hooks retry --all', 'everything that failed or was given up'],
  ],
  exits: [[66, 'no such delivery']],
});

/** `tusd-ts hooks retry <no>|--all` */
export function hooksRetryCommand(io: Io): Command {
  const command = new Command('retry')
    .description('Have a delivery tried again, or all that failed or were given up')
    .argument('[no]', 'its number in `tusd-ts hooks list`');
  addStorageOptions(command, { retention: false });
  return command
    .option('--all', 'every failing and every dead one')
    .option('--json', 'as one JSON object')
    .addHelpText('after', HELP)
    .action((no: string | undefined, options: RetryOptions) => retry(io, no, options));
}

async function retry(io: Io, no: string | undefined, options: RetryOptions): Promise<void> {
  if ((no === undefined) !== Boolean(options.all)) {
    throw new Fault('USAGE', 'give either the number of a delivery or --all', {
      hint: 'Numbers are in the first column of: tusd-ts hooks list',
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
  await store.outbox.retry((await findDelivery(store, no)).seq, now);
  return 1;
}

async function retryAll(store: CommandStore, now: number): Promise<number> {
  let count = 0;
  let after = 0;
  for (;;) {
    const seqs = await store.outbox.retryFailed(after, AT_ONCE, now);
    count += seqs.length;
    const last = seqs.at(-1);
    if (last === undefined) return count;
    after = last;
  }
}
