import type { Command, CommanderError } from 'commander';
import { Fault } from '../fault.ts';

/** Converts an error of the command line parser to a USAGE fault. */
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
  return new Fault('USAGE', message, { hint: ownHelp(program, argv), cause: error });
}

/** Adds the command's help as a hint to a usage fault without one. Other errors pass unchanged. */
export function withOwnHelp(error: unknown, program: Command, argv: readonly string[]): unknown {
  if (!(error instanceof Fault) || error.code !== 'USAGE' || error.hint !== undefined) return error;
  const { title, details, cause } = error;
  return new Fault('USAGE', title, { details, cause, hint: ownHelp(program, argv) });
}

/** "Try: tusd-ts hooks list --help" */
function ownHelp(program: Command, argv: readonly string[]): string {
  const words = ['tusd-ts'];
  let command: Command | undefined = program;
  for (const word of argv) {
    command = command.commands.find((one) => one.name() === word);
    if (command === undefined) break;
    words.push(command.name());
  }
  return `Try: ${words.join(' ')} --help`;
}
