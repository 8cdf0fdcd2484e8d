import { Command } from 'commander';
import { Fault } from '../../fault.ts';
import type { CommandStore } from '../../storage/store.ts';
import { helpText } from '../output/help-text.ts';
import type { Io } from '../process/io.ts';
import { addStorageOptions } from '../store/open-store.ts';
import { type Retryable, type RetryOptions, retry } from '../store/retry.ts';
import { NEEDS_FILES } from './needs-files.ts';

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
      retry(io, FILES, no, command.optsWithGlobals<RetryOptions>()),
    );
}

const FILES: Retryable = {
  files: NEEDS_FILES,
  listedBy: 'tusd-ts deliver list',
  one: retryOne,
  failed: (store, after, most, now) => store.placements.retryFailing(after, most, now),
};

async function retryOne(store: CommandStore, no: string, now: number): Promise<void> {
  if (!/^\d{1,15}$/.test(no)) {
    throw new Fault('USAGE', `${JSON.stringify(no)} is not a number of the list`, {
      hint: 'Numbers are in the first column of: tusd-ts deliver list --state all',
    });
  }
  if (await store.placements.retry(Number(no), now)) return;
  const found = await store.placements.get(Number(no));
  if (found) throw new Fault('CONFLICT', `number ${no} was delivered to ${found.path}`);
  throw new Fault('NOT_FOUND', `there is no number ${no}`, {
    hint: 'What there is: tusd-ts deliver list --state all',
  });
}
