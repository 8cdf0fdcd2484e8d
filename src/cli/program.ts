import { Command } from 'commander';
import type { Config } from '../config/config.ts';
import { createPlanner } from '../hooks/planner.ts';
import { cleanupCommand } from './cleanup.ts';
import { configCommand } from './config.ts';
import { hooksCommand } from './hooks.ts';
import { inspectCommand } from './inspect.ts';
import type { Io } from './io.ts';
import { listCommand } from './list.ts';
import { removeCommand } from './remove.ts';
import { serveCommand } from './serve.ts';
import { verifyCommand } from './verify.ts';
import { programVersion } from './version.ts';

/** Every subcommand, in the order of the help. */
const COMMANDS: readonly ((io: Io) => Command)[] = [
  serveCommand,
  listCommand,
  inspectCommand,
  (io) => cleanupCommand(io, { plan: planOf(io) }),
  (io) => removeCommand(io, { plan: planOf(io) }),
  verifyCommand,
  hooksCommand,
  configCommand,
];

/** A removal from the command line is told to hooks by the daemon, as one of its own. */
function planOf(io: Io) {
  return ({ hooks }: Config) => createPlanner({ hooks, now: io.now });
}

const HELP = `
Every command takes --help. Commands beside the daemon read its storage directly: they work whether
it runs or not, and never disturb a transfer.`;

/** The whole command line. `write` and `writeError` get what --help and --version print. */
export function createProgram(
  io: Io,
  write: (text: string) => void,
  writeError: (text: string) => void,
): Command {
  const program = new Command('tusd-ts')
    .description(
      'A resumable-upload daemon: tus 1.0.0, plain files, a cleanup that keeps what is finished.',
    )
    .version(programVersion(), '-v, --version', 'print the version')
    .helpCommand('help [command]', 'explain a command')
    .addHelpText('after', HELP);
  for (const command of COMMANDS) program.addCommand(command(io));
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
