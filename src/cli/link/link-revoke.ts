import { Command } from 'commander';
import { helpText } from '../output/help-text.ts';
import { textOutput } from '../output/text-output.ts';
import type { Io } from '../process/io.ts';
import { addStorageOptions, withStore } from '../store/open-store.ts';
import { findLink } from './find-link.ts';

const HELP = helpText({
  notes: [
    `The daemon refuses the token from now on, and ends within a second what is running with it. What has
arrived stays: unfinished uploads expire like all others.`,
  ],
  examples: [['tusd-ts link revoke 4k2p', 'by the beginning of its id']],
  exits: [[66, 'no such link']],
});

/** `tusd-ts link revoke <link>` */
export function linkRevokeCommand(io: Io): Command {
  const command = new Command('revoke')
    .description('End a link for good, and what is running with it')
    .argument('<link>', 'its id, the beginning of the id, or its token');
  addStorageOptions(command, { retention: false });
  return command
    .addHelpText('after', HELP)
    .action((given: string, options: Readonly<Record<string, unknown>>) =>
      withStore(io, options, async ({ store }) => {
        const { id } = await findLink(store, given);
        const revoked = await store.revokeLink(id);
        const text = revoked ? `The link ${id} is revoked.` : `The link ${id} was revoked before.`;
        await textOutput(io, io.stdout).write(`${text}\n`);
      }),
    );
}
