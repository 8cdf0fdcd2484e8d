import type { Imported } from '../../moving/import/import-uploads.ts';
import { fileNameOf } from '../../storage/model/metadata.ts';
import { formatCount, formatSize } from '../../terminal/size.ts';
import { sanitize } from '../../text/sanitize.ts';
import { JsonList } from '../output/json-list.ts';
import { LineWriter } from '../output/line-writer.ts';
import { persevering } from '../output/output-fault.ts';
import { ProgressLine } from '../output/progress-line.ts';
import { styleOf } from '../output/style-of.ts';
import { textOutput } from '../output/text-output.ts';
import type { Io } from '../process/io.ts';
import { countOf } from '../view/list-totals.ts';

/** Reports what an import finds, and the totals at the end. */
export interface ImportReport {
  readonly add: (imported: Imported) => Promise<void>;
  /** Sets the exit code. */
  readonly end: () => Promise<void>;
}

interface Sum {
  readonly counts: Readonly<Record<Count, number>>;
  /** Bytes of what is imported. */
  readonly bytes: number;
}

type Count = Imported['state'] | 'known' | 'failed';

interface Printer {
  add(imported: Imported): Promise<void>;
  end(sum: Sum): Promise<void>;
}

interface ReportOptions {
  readonly json: boolean;
  readonly dryRun: boolean;
}

/** The import goes on when the output fails; `end` throws that error. */
export function createImportReport(host: Io, { json, dryRun }: ReportOptions): ImportReport {
  const { output, settle } = persevering(host.stdout);
  const io = { ...host, stdout: output };
  const progress = new ProgressLine(io);
  const printer = json ? jsonPrinter(io, dryRun) : textPrinter(io, dryRun, () => progress.clear());
  const counts = { finished: 0, unfinished: 0, removed: 0, known: 0, failed: 0 };
  let bytes = 0;
  return {
    async add(imported) {
      const { outcome, state, upload } = imported;
      counts[outcome === 'known' || outcome === 'failed' ? outcome : state] += 1;
      if (outcome === 'imported' || outcome === 'would-import') bytes += upload?.received ?? 0;
      await printer.add(imported);
      await progress.update(() => sumText({ counts, bytes }, dryRun));
    },
    async end() {
      await progress.clear();
      await printer.end({ counts, bytes });
      if (counts.failed > 0) host.setExitCode(1);
      settle();
    },
  };
}

/** The format is stable: keys may be added, but not removed. Sizes are in bytes. */
function jsonPrinter(io: Io, dryRun: boolean): Printer {
  const list = new JsonList(io.stdout, { dryRun });
  return {
    add: ({ id, from, outcome, upload, why }) =>
      list.item({
        ...{ id, from, outcome },
        name: upload ? fileNameOf(upload.metadata) : null,
        kind: upload?.kind ?? null,
        received: upload?.received ?? null,
        length: upload?.length ?? null,
        why: why === '' ? null : why,
      }),
    end: ({ counts, bytes }) => list.end({ summary: { ...counts, bytes } }),
  };
}

function textPrinter(io: Io, dryRun: boolean, clear: () => Promise<void>): Printer {
  const style = styleOf(io);
  const lines = new LineWriter(textOutput(io, io.stdout));
  return {
    async add({ outcome, from, why }) {
      if (outcome !== 'failed') return;
      await clear();
      await lines.line(`${style.bad('not imported')}  ${sanitize(from)}: ${sanitize(why)}`);
      await lines.flush();
    },
    async end(sum) {
      await lines.line(`${sumText(sum, dryRun)}.`);
      await lines.flush();
    },
  };
}

/** "41 finished uploads and 2 unfinished ones imported (61 GiB), 3 were here already" */
function sumText({ counts, bytes }: Sum, dryRun: boolean): string {
  const { finished, unfinished, removed, known, failed } = counts;
  const done = dryRun ? 'would be imported' : 'imported';
  return [
    `${countOf(finished, 'finished upload')} and ${formatCount(unfinished)} unfinished ${done}`,
    ` (${formatSize(bytes)})`,
    removed === 0 ? '' : `, ${countOf(removed, 'record')} of removed uploads`,
    known === 0 ? '' : `, ${formatCount(known)} here already`,
    failed === 0 ? '' : `, ${formatCount(failed)} not imported`,
  ].join('');
}
