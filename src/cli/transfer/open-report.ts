import { persevering } from '../output/output-fault.ts';
import { textOutput } from '../output/text-output.ts';
import type { Io } from '../process/io.ts';
import { createJsonReport } from './json-report.ts';
import { createTextReport } from './text-report.ts';
import type { Outcome, Planned, TransferReport } from './transfer-report.ts';

export interface ReportOptions {
  readonly json: boolean;
  readonly planned: Planned;
  /** "sent" or "received". */
  readonly verb: string;
  /** The key of the result in JSON. */
  readonly resultKey: string;
  /** The line of a result on standard output; null for none. */
  readonly resultLine: (outcome: Outcome, name: string) => string | null;
}

/**
 * The report of a command: JSON on standard output, or results there and progress on standard error.
 * The transfers go on when output fails; `settle` waits for it and throws its first error.
 */
export function openReport(
  io: Io,
  options: ReportOptions,
): { readonly report: TransferReport; settle(): Promise<void> } {
  const out = persevering(io.stdout);
  const err = persevering(textOutput(io, io.stderr));
  let written = Promise.resolve();
  // In the order in which it was said, also where both streams are one terminal.
  const writer = (output: typeof out.output) => (text: string) => {
    written = written.then(() => output.write(text));
  };
  const toOut = writer(out.output);
  const toErr = writer(err.output);
  const print = (line: string) => toOut(`${line}\n`);
  const report = options.json
    ? createJsonReport(io.now, print, options.resultKey)
    : createTextReport(io, {
        planned: options.planned,
        verb: options.verb,
        log: (line) => toErr(`${line}\n`),
        draw: toErr,
        print: (outcome, name) => {
          const line = options.resultLine(outcome, name);
          if (line !== null) print(line);
        },
      });
  return {
    report,
    async settle() {
      await written;
      out.settle();
    },
  };
}
