import type { Command, CommanderError } from 'commander';
import { Fault } from '../fault.ts';

/** What the parser of the command line complains about, as one of our sentences. */
export function usageFault(
  error: CommanderError,
  program: Command,
  argv: readonly string[],
): Fault {
  const [first = '', suggestion = ''] = error.message.replace(/^error: /, '').split('\n');
  const named = first.replaceAll(/'([^']*)'/g, (_, name: string) => JSON.stringify(name));
  const near = /^\(Did you mean (?:one of )?(.+)\?\)$/.exec(suggestion)?.[1];
  const meant = near?.split(', ').map((name) => `"${name}"`);
  const message = meant ? `${named}. Did you mean ${meant.join(' or ')}?` : named;
  const command = program.commands.find((one) => one.name() === argv[0])?.name();
  const help = command === undefined ? 'tusd-ts --help' : `tusd-ts ${command} --help`;
  return new Fault('USAGE', message, { hint: `What can be given: ${help}`, cause: error });
}
