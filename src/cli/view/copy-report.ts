import { COPY_OUTCOMES, type CopiedUpload } from '../../moving/backup/mirror.ts';
import type { StoredUpload } from '../../storage/model/upload.ts';
import type { Verification } from '../../storage/verify.ts';
import { shortenName } from '../../terminal/fit.ts';
import { formatCount, formatRate, formatSize } from '../../terminal/size.ts';
import { sanitize } from '../../text/sanitize.ts';
import { JsonList } from '../output/json-list.ts';
import { LineWriter } from '../output/line-writer.ts';
import { persevering } from '../output/output-fault.ts';
import { ProgressLine } from '../output/progress-line.ts';
import { styleOf } from '../output/style-of.ts';
import { textOutput } from '../output/text-output.ts';
import type { Io } from '../process/io.ts';
import { countOf } from './list-totals.ts';

/** Reports a backup or a restore: what is wrong as it is found, and the totals at the end. */
export interface CopyReport {
  readonly add: (upload: CopiedUpload) => Promise<void>;
  readonly verified: (record: StoredUpload, result: Verification) => Promise<void>;
  /** `pruned` counts the files that were removed from a backup. Sets the exit code. */
  readonly end: (pruned: number) => Promise<void>;
}

type Outcome = (typeof COPY_OUTCOMES)[number];
type Counts = Record<Outcome, number>;

interface Sum {
  readonly counts: Counts;
  readonly uploads: number;
  /** Bytes linked or copied. */
  readonly bytes: number;
  /** How long that took, without the verification, and the whole (milliseconds). */
  readonly copying: number;
  readonly elapsed: number;
  readonly pruned: number;
  /** How many were read and found as recorded; null without --verify. */
  readonly intact: number | null;
}

/** Something that the person must know. */
interface Problem {
  readonly record: StoredUpload;
  readonly outcome: string;
  readonly why: string;
}

interface Printer {
  copied(upload: CopiedUpload): Promise<void>;
  problem(problem: Problem): Promise<void>;
  end(sum: Sum): Promise<void>;
}

const NAME_MAX = 40;
/** Verdicts that do not mean that bytes are lost. */
const FINE: ReadonlySet<string> = new Set(['ok', 'skipped', 'taken']);

/** The copy goes on when the output fails; `end` throws that error. */
export function createCopyReport(host: Io, json: boolean): CopyReport {
  const { output, settle } = persevering(host.stdout);
  const io = { ...host, stdout: output };
  const counts = Object.fromEntries(COPY_OUTCOMES.map((outcome) => [outcome, 0])) as Counts;
  const progress = new ProgressLine(io);
  const printer = json ? jsonPrinter(io) : textPrinter(io, () => progress.clear());
  const startedAt = io.now();
  let uploads = 0;
  let bytes = 0;
  let copying = 0;
  let intact: number | null = null;
  let wrong = false;
  return {
    async add(upload) {
      counts[upload.outcome] += 1;
      uploads += 1;
      bytes += upload.bytes;
      copying = io.now() - startedAt;
      await printer.copied(upload);
      if (upload.outcome === 'damaged') {
        wrong = true;
        await printer.problem(upload);
      }
      await progress.update(() => `${countOf(uploads, 'upload')} · ${formatSize(bytes)}`);
    },
    async verified(record, { verdict, why }) {
      intact = (intact ?? 0) + (verdict === 'ok' ? 1 : 0);
      const fine = FINE.has(verdict);
      wrong ||= !fine;
      if (!fine) await printer.problem({ record, outcome: verdict, why });
      await progress.update(() => `${countOf(intact ?? 0, 'upload')} verified`);
    },
    async end(pruned) {
      await progress.clear();
      const elapsed = io.now() - startedAt;
      await printer.end({ counts, uploads, bytes, copying, pruned, intact, elapsed });
      if (wrong) io.setExitCode(1);
      settle();
    },
  };
}

/** The format is stable: keys may be added, but not removed. Sizes are in bytes. */
function jsonPrinter(io: Io): Printer {
  const list = new JsonList(io.stdout);
  const problems: unknown[] = [];
  return {
    copied: ({ record: { id, name }, outcome, bytes }) => list.item({ id, name, outcome, bytes }),
    async problem({ record: { id, name }, outcome, why }) {
      problems.push({ id, name, outcome, why });
    },
    end: ({ counts, uploads, bytes, pruned, intact, elapsed }) =>
      list.end({
        problems,
        summary: { uploads, ...counts, bytes, pruned, intact, durationMs: elapsed },
      }),
  };
}

function textPrinter(io: Io, clear: () => Promise<void>): Printer {
  const style = styleOf(io);
  const lines = new LineWriter(textOutput(io, io.stdout));
  return {
    async copied() {},
    async problem({ record: { id, name }, outcome, why }) {
      const shown = name === null ? '' : ` (${shortenName(sanitize(name), NAME_MAX)})`;
      await clear();
      await lines.line(`${style.bad(outcome)}  ${sanitize(id)}${shown}: ${sanitize(why)}`);
      await lines.flush();
    },
    async end(sum) {
      await lines.line(sumText(sum));
      await lines.flush();
    },
  };
}

/** "41 uploads: 30 kept, 11 copied; 1.2 GiB at 300 MiB/s. 41 verified." */
function sumText({ counts, uploads, bytes, copying, pruned, intact }: Sum): string {
  const found = COPY_OUTCOMES.filter((outcome) => counts[outcome] > 0).map(
    (outcome) => `${formatCount(counts[outcome])} ${outcome}`,
  );
  const rate = formatRate(bytes, copying);
  const moved = `; ${formatSize(bytes)}${rate === null ? '' : ` at ${rate}`}`;
  return [
    countOf(uploads, 'upload'),
    found.length === 0 ? '' : `: ${found.join(', ')}`,
    `${bytes === 0 ? '' : moved}.`,
    pruned === 0 ? '' : ` ${countOf(pruned, 'file')} of removed uploads dropped.`,
    intact === null ? '' : ` ${formatCount(intact)} verified.`,
  ].join('');
}
