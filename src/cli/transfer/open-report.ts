import { LineWriter } from '../output/line-writer.ts';
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
  const lines = (output: typeof out.output) => {
    const writer = new LineWriter(output);
    return (line: string) => {
      written = written.then(async () => {
        await writer.line(line);
        await writer.flush();
      });
    };
  };
  const print = lines(out.output);
  const report = options.json
    ? createJsonReport(io.now, print, options.resultKey)
    : createTextReport(io, {
        planned: options.planned,
        verb: options.verb,
        log: lines(err.output),
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
