import { Command } from 'commander';
import { helpText } from '../output/help-text.ts';
import type { Io } from '../process/io.ts';
import { addStorageOptions } from '../store/open-store.ts';
import { type Retryable, type RetryOptions, retry } from '../store/retry.ts';
import { findDelivery } from './find-delivery.ts';

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
    .action((no: string | undefined, options: RetryOptions) => retry(io, DELIVERIES, no, options));
}

const DELIVERIES: Retryable = {
  listedBy: 'tusd-ts hooks list',
  async one(store, no, now) {
    await store.outbox.retry((await findDelivery(store, no)).seq, now);
  },
  failed: (store, after, most, now) => store.outbox.retryFailed(after, most, now),
};
