import { Command } from 'commander';
import type { Io } from './process/io.ts';
import { programVersion } from './process/version.ts';
import type { OpenOptions } from './store/open-store.ts';

type MakeCommand = (io: Io) => Promise<Command>;

/**
 * Every subcommand, in the order of the help. Each is loaded on demand, because loading takes time.
 */
const COMMANDS: Readonly<Record<string, MakeCommand>> = {
  serve: async (io) => (await import('./serve/serve.ts')).serveCommand(io),
  list: async (io) => (await import('./list/list.ts')).listCommand(io),
  inspect: async (io) => (await import('./inspect/inspect.ts')).inspectCommand(io),
  cleanup: async (io) =>
    (await import('./cleanup/cleanup.ts')).cleanupCommand(io, await planOf(io)),
  remove: async (io) => (await import('./remove/remove.ts')).removeCommand(io, await planOf(io)),
  verify: async (io) => (await import('./verify/verify.ts')).verifyCommand(io),
  deliver: async (io) => (await import('./deliver/deliver.ts')).deliverCommand(io),
  backup: async (io) => (await import('./backup/backup.ts')).backupCommand(io),
  restore: async (io) => (await import('./restore/restore.ts')).restoreCommand(io),
  export: async (io) => (await import('./export/export.ts')).exportCommand(io),
  import: async (io) => (await import('./import/import.ts')).importCommand(io),
  migrate: async (io) => (await import('./migrate/migrate.ts')).migrateCommand(io),
  daemons: async (io) => (await import('./daemons/daemons.ts')).daemonsCommand(io),
  hooks: async (io) => (await import('./hooks/hooks.ts')).hooksCommand(io),
  link: async (io) => (await import('./link/link.ts')).linkCommand(io),
  put: async (io) => (await import('./put/put.ts')).putCommand(io),
  get: async (io) => (await import('./get/get.ts')).getCommand(io),
  status: async (io) => (await import('./status/status.ts')).statusCommand(io),
  config: async (io) => (await import('./config.ts')).configCommand(io),
  completion: async (io) =>
    (await import('./completion/completion.ts')).completionCommand(io, () => wholeProgram(io)),
};

const VERSION_FLAGS = ['-v', '--version'];

/**
 * Removals from the command line cause the same hook deliveries as the daemon's; the daemon sends
 * them.
 */
async function planOf(io: Io): Promise<OpenOptions> {
  const { createPlanner } = await import('../hooks/planner.ts');
  return { plan: ({ hooks }) => createPlanner({ hooks, now: io.now }) };
}

/**
 * The commands to load: the one that the command line names, none for the version, otherwise all,
 * since the help lists them and a mistyped name gets a suggestion.
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
 * Creates the command line parser with the commands that `argv` needs. `write` and `writeError`
 * receive the output of --help and --version.
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
      // Errors are also thrown; the caller reports them.
      outputError: () => {},
      getOutHelpWidth: () => columns(io.stdout.size()),
      getErrHelpWidth: () => columns(io.stderr.size()),
    });
  });
  return program;
}

/** The program with all of its commands, to be described. */
export function wholeProgram(io: Io): Promise<Command> {
  const unused = () => {};
  return createProgram([], io, unused, unused);
}

function everyCommand(command: Command, visit: (command: Command) => void): void {
  visit(command);
  for (const sub of command.commands) everyCommand(sub, visit);
}
