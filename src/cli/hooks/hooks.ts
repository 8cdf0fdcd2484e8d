import { Command } from 'commander';
import type { Io } from '../process/io.ts';
import { hooksListCommand } from './hooks-list.ts';
import { hooksRetryCommand } from './hooks-retry.ts';
import { hooksShowCommand } from './hooks-show.ts';
import { hooksTestCommand } from './hooks-test.ts';

const HELP = `
The daemon writes every event for a hook into the catalog, together with the change
that causes it, and sends it until the hook has taken it: at once, then again after a second, two
seconds and so on up to an hour, for a day (maxAge). An event that was given up is dead; it can be
tried anew. The configuration file says which hooks there are.`;

/** `tusd-ts hooks list|show|retry|test` */
export function hooksCommand(io: Io): Command {
  return new Command('hooks')
    .description('Show what was delivered to hooks and what waits, retry, or send a test')
    .addCommand(hooksListCommand(io))
    .addCommand(hooksShowCommand(io))
    .addCommand(hooksRetryCommand(io))
    .addCommand(hooksTestCommand(io))
    .addHelpText('after', HELP);
}
