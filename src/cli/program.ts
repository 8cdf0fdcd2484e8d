import { Command } from 'commander';
import type { Io } from './process/io.ts';
import { programVersion } from './process/version.ts';
import type { OpenOptions } from './store/open-store.ts';

type MakeCommand = (io: Io) => Promise<Command>;

/** Every subcommand, in the order of the help. Each is loaded when it is needed: loading takes time. */
const COMMANDS: Readonly<Record<string, MakeCommand>> = {
  serve: async (io) => (await import('./serve/serve.ts')).serveCommand(io),
  list: async (io) => (await import('./list/list.ts')).listCommand(io),
  inspect: async (io) => (await import('./inspect/inspect.ts')).inspectCommand(io),
  cleanup: async (io) =>
    (await import('./cleanup/cleanup.ts')).cleanupCommand(io, await planOf(io)),
  remove: async (io) => (await import('./remove/remove.ts')).removeCommand(io, await planOf(io)),
  verify: async (io) => (await import('./verify/verify.ts')).verifyCommand(io),
  hooks: async (io) => (await import('./hooks/hooks.ts')).hooksCommand(io),
  config: async (io) => (await import('./config.ts')).configCommand(io),
};

const VERSION_FLAGS = ['-v', '--version'];

/** A removal from the command line is told to hooks by the daemon, as one of its own. */
async function planOf(io: Io): Promise<OpenOptions> {
  const { createPlanner } = await import('../hooks/planner.ts');
  return { plan: ({ hooks }) => createPlanner({ hooks, now: io.now }) };
}

/**
 * The commands that a command line may need: the one that it begins with, none for the version, and
 * otherwise all, since the help lists them and a mistyped one gets a suggestion.
 */
function neededFor([first = '']: readonly string[]): readonly MakeCommand[] {
  const named = Object.hasOwn(COMMANDS, first) ? COMMANDS[first] : undefined;
  if (named) return [named];
  return VERSION_FLAGS.includes(first) ? [] : Object.values(COMMANDS);
}

const HELP = `
Every command takes --help. Commands beside the daemon read its storage directly: they work whether
it runs or not, and never disturb a transfer.`;

/**
 * The command line, with the commands that `argv` needs. `write` and `writeError` get what --help
 * and --version print.
 */
export async function createProgram(
  argv: readonly string[],
  io: Io,
  write: (text: string) => void,
  writeError: (text: string) => void,
): Promise<Command> {
  const program = new Command('tusd-ts')
    .description(
      'A resumable-upload daemon: tus 1.0.0, plain files, a cleanup that keeps what is finished.',
    )
    .version(programVersion(), VERSION_FLAGS.join(', '), 'print the version')
    .helpCommand('help [command]', 'explain a command')
    .addHelpText('after', HELP);
  const commands = await Promise.all(neededFor(argv).map((make) => make(io)));
  for (const command of commands) program.addCommand(command);
  const columns = (size: { columns: number } | null) => size?.columns ?? 100;
  everyCommand(program, (command) => {
    command.exitOverride().configureOutput({
      writeOut: write,
      writeErr: writeError,
      // Errors are thrown, too, and told by whoever catches them.
      outputError: () => {},
      getOutHelpWidth: () => columns(io.stdout.size()),
      getErrHelpWidth: () => columns(io.stderr.size()),
    });
  });
  return program;
}

function everyCommand(command: Command, visit: (command: Command) => void): void {
  visit(command);
  for (const sub of command.commands) everyCommand(sub, visit);
}
