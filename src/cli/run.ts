import { CommanderError } from 'commander';
import { Fault, stackOf } from '../fault.ts';
import { faultJson, faultMessage } from '../terminal/fault-message.ts';
import { sanitize } from '../text/sanitize.ts';
import { isReaderGone, withFaults } from './output/output-fault.ts';
import { styleOf } from './output/style-of.ts';
import { textOutput } from './output/text-output.ts';
import type { Host } from './process/io.ts';
import { withLevel } from './process/journal.ts';
import { createProgram } from './program.ts';
import { usageFault, withOwnHelp } from './usage-fault.ts';

/** The exit code of a bug: EX_SOFTWARE of sysexits.h. */
const BUG = 70;

/**
 * Runs a command line (without the program's name) and resolves to the exit code. A Fault is
 * printed as one sentence on stderr, or as JSON if requested; other errors are printed with their
 * stack. A closed reader (`| head`) ends the command quietly; any other output error is an IO
 * fault.
 */
export async function run(words: readonly string[], host: Host): Promise<number> {
  const argv = words[0] === '-V' ? ['-v'] : words;
  let exitCode = 0;
  const printed: Promise<void>[] = [];
  const io = {
    ...host,
    stdout: withFaults(host.stdout),
    stderr: withFaults(host.stderr),
    setExitCode: (code: number) => {
      exitCode = code;
    },
  };
  const program = await createProgram(
    argv,
    io,
    (text) => printed.push(io.stdout.write(text)),
    (text) => printed.push(io.stderr.write(text)),
  );
  try {
    await program.parseAsync(argv, { from: 'user' });
  } catch (error) {
    const helpFault = await firstFault(printed);
    if (isReaderGone(error)) return exitCode;
    if (!(error instanceof CommanderError)) {
      return tell(withOwnHelp(error, program, argv), argv, host);
    }
    if (error.exitCode === 0) return helpFault === undefined ? 0 : tell(helpFault, argv, host);
    // Without a subcommand the help was printed, which is enough.
    if (error.code === 'commander.help') return new Fault('USAGE', '').exitCode;
    return tell(usageFault(error, program, argv), argv, host);
  }
  return exitCode;
}

/** The error of printing --help or --version, except for a closed reader. */
async function firstFault(printed: readonly Promise<void>[]): Promise<unknown> {
  const outcomes = await Promise.allSettled(printed);
  const failed = outcomes.find(({ status }) => status === 'rejected');
  return failed?.status === 'rejected' && !isReaderGone(failed.reason) ? failed.reason : undefined;
}

async function tell(error: unknown, argv: readonly string[], host: Host): Promise<number> {
  const json = wantsJson(argv);
  const output = json ? host.stderr : textOutput(host, host.stderr);
  const text = json ? jsonOf(error) : textOf(error, host);
  const told = host.stderr.isJournal === true ? withLevel('error', text) : text;
  // If this cannot be written either, only the exit code remains.
  await output.write(`${told}\n`).catch(() => {});
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

/** Checks the raw arguments, because parsing the options may have failed. */
function wantsJson(argv: readonly string[]): boolean {
  const end = argv.indexOf('--');
  const options = end === -1 ? argv : argv.slice(0, end);
  return options.includes('--json') || options.includes('--ndjson');
}
