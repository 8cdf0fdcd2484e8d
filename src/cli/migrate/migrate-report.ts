import { MIGRATION_OUTCOMES, type Migrated } from '../../moving/migrate/migrate.ts';
import { isGone, isUnfinished } from '../../storage/model/upload.ts';
import { formatCount, formatRate, formatSize } from '../../terminal/size.ts';
import { sanitize } from '../../text/sanitize.ts';
import { JsonList } from '../output/json-list.ts';
import { LineWriter } from '../output/line-writer.ts';
import { persevering } from '../output/output-fault.ts';
import { ProgressLine } from '../output/progress-line.ts';
import { styleOf } from '../output/style-of.ts';
import { textOutput } from '../output/text-output.ts';
import type { Io } from '../process/io.ts';
import { countOf } from '../view/list-totals.ts';

/** Reports a migration: what fails as it is found, and the totals at the end. */
export interface MigrateReport {
  readonly add: (migrated: Migrated) => Promise<void>;
  /** Bytes that were copied. */
  readonly bytes: (bytes: number) => Promise<void>;
  /** Sets the exit code. */
  readonly end: (interrupted: boolean) => Promise<void>;
}

interface Sum {
  readonly counts: Readonly<Record<Migrated['outcome'], number>>;
  /** Of those that were copied. */
  readonly unfinished: number;
  readonly removed: number;
  /** Copied, or to be copied. */
  readonly bytes: number;
  /** Milliseconds. */
  readonly elapsed: number;
}

interface Printer {
  add(migrated: Migrated): Promise<void>;
  end(sum: Sum, interrupted: boolean): Promise<void>;
}

interface ReportOptions {
  readonly json: boolean;
  readonly dryRun: boolean;
}

/** The migration goes on when the output fails; `end` throws that error. */
export function createMigrateReport(host: Io, { json, dryRun }: ReportOptions): MigrateReport {
  const { output, settle } = persevering(host.stdout);
  const io = { ...host, stdout: output };
  const progress = new ProgressLine(io);
  const printer = json ? jsonPrinter(io, dryRun) : textPrinter(io, () => progress.clear());
  const counts = Object.fromEntries(MIGRATION_OUTCOMES.map((one) => [one, 0])) as Record<
    Migrated['outcome'],
    number
  >;
  const startedAt = io.now();
  let unfinished = 0;
  let removed = 0;
  let planned = 0;
  let bytes = 0;
  const sum = () => {
    const all = dryRun ? planned : bytes;
    return { counts, unfinished, removed, bytes: all, elapsed: io.now() - startedAt };
  };
  const draw = () => progress.update(() => sumText(sum()));
  return {
    async add(migrated) {
      const { record, outcome } = migrated;
      counts[outcome] += 1;
      if (outcome === 'copied' || outcome === 'would-copy') {
        planned += migrated.bytes;
        if (isGone(record)) removed += 1;
        else if (isUnfinished(record)) unfinished += 1;
      }
      await printer.add(migrated);
      await draw();
    },
    async bytes(more) {
      bytes += more;
      await draw();
    },
    async end(interrupted) {
      await progress.clear();
      await printer.end(sum(), interrupted);
      if (counts.failed > 0) host.setExitCode(1);
      settle();
    },
  };
}

/** The format is stable: keys may be added, but not removed. Sizes are in bytes. */
function jsonPrinter(io: Io, dryRun: boolean): Printer {
  const list = new JsonList(io.stdout, { dryRun });
  return {
    add: ({ record: { id, name, state }, outcome, bytes, why }) =>
      list.item({ id, name, state, outcome, bytes, why: why === '' ? null : why }),
    end: ({ counts, unfinished, removed, bytes, elapsed }, interrupted) =>
      list.end({
        summary: {
          ...{ copied: counts.copied, wouldCopy: counts['would-copy'], known: counts.known },
          ...{
            failed: counts.failed,
            unfinished,
            removed,
            bytes,
            durationMs: elapsed,
            interrupted,
          },
        },
      }),
  };
}

function textPrinter(io: Io, clear: () => Promise<void>): Printer {
  const style = styleOf(io);
  const lines = new LineWriter(textOutput(io, io.stdout));
  return {
    async add({ record: { id }, outcome, why }) {
      if (outcome !== 'failed') return;
      await clear();
      await lines.line(`${style.bad('not copied')}  ${sanitize(id)}: ${sanitize(why)}`);
      await lines.flush();
    },
    async end(sum, interrupted) {
      const more = interrupted ? ' Interrupted: the same command goes on from here.' : '';
      await lines.line(`${sumText(sum)}.${more}`);
      await lines.flush();
    },
  };
}

/** "41 uploads copied (61 GiB at 80 MiB/s), 2 of them unfinished, 3 were there already" */
function sumText({ counts, unfinished, removed, bytes, elapsed }: Sum): string {
  const { copied, known, failed } = counts;
  const planned = counts['would-copy'];
  const rate = planned > 0 ? null : formatRate(bytes, elapsed);
  return [
    `${countOf(copied + planned, 'upload')} ${planned > 0 ? 'would be copied' : 'copied'}`,
    ` (${formatSize(bytes)}${rate === null ? '' : ` at ${rate}`})`,
    unfinished === 0 ? '' : `, ${formatCount(unfinished)} of them unfinished`,
    removed === 0 ? '' : `, ${formatCount(removed)} of them only records of removed ones`,
    known === 0 ? '' : `, ${formatCount(known)} there already`,
    failed === 0 ? '' : `, ${formatCount(failed)} not copied`,
  ].join('');
}
