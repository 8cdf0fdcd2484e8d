import { Command } from 'commander';
import type { Io } from '../process/io.ts';
import { linkCreateCommand } from './link-create.ts';
import { linkListCommand } from './link-list.ts';
import { linkRevokeCommand } from './link-revoke.ts';
import { linkShowCommand } from './link-show.ts';

const HELP = `
An upload link lets somebody upload without an account: give them the URL and the token, which any tus
client sends as a bearer token. Links count while the daemon has \`auth\` in its configuration (an
empty object will do); without it everyone may upload anyway.`;

/** `tusd-ts link create|list|show|revoke` */
export function linkCommand(io: Io): Command {
  return new Command('link')
    .description('Make, list and revoke links with which others may upload')
    .addCommand(linkCreateCommand(io))
    .addCommand(linkListCommand(io))
    .addCommand(linkShowCommand(io))
    .addCommand(linkRevokeCommand(io))
    .addHelpText('after', HELP);
}
