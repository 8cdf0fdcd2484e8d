import { CommanderError } from 'commander';
import { errnoOf, Fault } from '../fault.ts';
import { faultJson, faultMessage } from '../terminal/fault-message.ts';
import { sanitize } from '../terminal/sanitize.ts';
import type { Host } from './io.ts';
import { withLevel } from './journal.ts';
import { createProgram } from './program.ts';
import { styleOf } from './style-of.ts';
import { usageFault } from './usage-fault.ts';

/** A bug: EX_SOFTWARE of sysexits.h. */
const BUG = 70;

/**
 * Runs a command line (without the program's name) and resolves to the process's exit code. Known
 * failures become one sentence on stderr, or JSON where JSON was asked for; anything else keeps its
 * stack. A reader that goes away (`| head`) ends the command quietly.
 */
export async function run(argv: readonly string[], host: Host): Promise<number> {
  let exitCode = 0;
  const printed: Promise<void>[] = [];
  const io = {
    ...host,
    setExitCode: (code: number) => {
      exitCode = code;
    },
  };
  const program = createProgram(
    io,
    (text) => printed.push(host.stdout.write(text)),
    (text) => printed.push(host.stderr.write(text)),
  );
  try {
    await program.parseAsync(argv, { from: 'user' });
  } catch (error) {
    await Promise.allSettled(printed);
    if (errnoOf(error) === 'EPIPE') return exitCode;
    if (!(error instanceof CommanderError)) return tell(error, argv, host);
    if (error.exitCode === 0) return 0;
    // Without a subcommand the help was printed, which says it all.
    if (error.code === 'commander.help') return new Fault('USAGE', '').exitCode;
    return tell(usageFault(error, program, argv), argv, host);
  }
  return exitCode;
}

async function tell(error: unknown, argv: readonly string[], host: Host): Promise<number> {
  const text = wantsJson(argv) ? jsonOf(error) : textOf(error, host);
  const told = host.stderr.isJournal === true ? withLevel('error', text) : text;
  // Where even this cannot be written, the exit code is all that is left.
  await host.stderr.write(`${told}\n`).catch(() => {});
  return error instanceof Fault ? error.exitCode : BUG;
}

function textOf(error: unknown, host: Host): string {
  const style = styleOf(host, host.stderr);
  if (error instanceof Fault) return faultMessage(error, style);
  const lines = stackOf(error).split('\n').map(sanitize).join('\n');
  return `${style.bad('tusd-ts:')} this should not have happened; please report it:\n${lines}`;
}

function jsonOf(error: unknown): string {
  if (error instanceof Fault) return faultJson(error);
  return faultJson({ code: 'BUG', message: String(error), hint: stackOf(error) });
}

function stackOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? String(error)) : String(error);
}

/** The options themselves may be what could not be read, so this looks at the words alone. */
function wantsJson(argv: readonly string[]): boolean {
  const end = argv.indexOf('--');
  const options = end === -1 ? argv : argv.slice(0, end);
  return options.includes('--json') || options.includes('--ndjson');
}
