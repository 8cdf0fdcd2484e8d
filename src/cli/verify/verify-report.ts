import type { StoredUpload } from '../../storage/model/upload.ts';
import type { Verdict, Verification } from '../../storage/verify.ts';
import { shortenName } from '../../terminal/fit.ts';
import { shortId } from '../../terminal/short-id.ts';
import { formatCount, formatRate, formatSize } from '../../terminal/size.ts';
import type { Paint, Style } from '../../terminal/style.ts';
import { sanitize } from '../../text/sanitize.ts';
import { JsonList } from '../output/json-list.ts';
import { LineWriter } from '../output/line-writer.ts';
import { styleOf } from '../output/style-of.ts';
import { TableWriter } from '../output/table-writer.ts';
import { textOutput } from '../output/text-output.ts';
import type { Io } from '../process/io.ts';
import { countOf } from '../view/list-totals.ts';

/** The totals of a verification. */
export interface VerifyEnd {
  readonly bytes: number;
  /** Milliseconds. */
  readonly elapsed: number;
}

/** Reports each upload as it is verified, and the totals at the end. */
export interface VerifyReport {
  readonly count: number;
  add(record: StoredUpload, result: Verification): Promise<void>;
  end(end: VerifyEnd): Promise<void>;
}

export interface VerifyReportOptions {
  readonly json: boolean;
  /** Also lists uploads that are intact (JSON always does). */
  readonly listAll: boolean;
  /** Clears the progress line before something is printed. */
  readonly clear: () => Promise<void>;
}

const VERDICTS = [
  'ok',
  'truncated',
  'altered',
  'missing',
  'taken',
  'unreadable',
  'skipped',
] as const;
const NAME_MAX = 40;

export function createVerifyReport(io: Io, options: VerifyReportOptions): VerifyReport {
  const counts: Record<Verdict, number> = {
    ok: 0,
    truncated: 0,
    altered: 0,
    missing: 0,
    taken: 0,
    unreadable: 0,
    skipped: 0,
  };
  const printer = options.json ? jsonPrinter(io) : textPrinter(io, options);
  let count = 0;
  return {
    get count() {
      return count;
    },
    async add(record, result) {
      count += 1;
      counts[result.verdict] += 1;
      await printer.add(record, result);
    },
    end: (end) => printer.end({ ...end, count, counts }),
  };
}

interface Sum extends VerifyEnd {
  readonly count: number;
  readonly counts: Readonly<Record<Verdict, number>>;
}

interface Printer {
  add(record: StoredUpload, result: Verification): Promise<void>;
  end(sum: Sum): Promise<void>;
}

/** The format is stable: keys may be added, but not removed. Sizes are in bytes. */
function jsonPrinter(io: Io): Printer {
  const list = new JsonList(io.stdout);
  return {
    add: ({ id, name }, { verdict, why, expected, found }) =>
      list.item({ id, name, verdict, why: why === '' ? null : why, expected, found }),
    end: ({ counts, count, bytes, elapsed }) =>
      list.end({
        summary: { uploads: count, ...counts, bytesRead: bytes, durationMs: elapsed },
      }),
  };
}

function textPrinter(io: Io, { listAll, clear }: VerifyReportOptions): Printer {
  const style = styleOf(io);
  const lines = new LineWriter(textOutput(io, io.stdout));
  const columns = [{ header: '' }, { header: '' }, { header: '' }, { header: '' }];
  const table = new TableWriter(columns, lines, { width: null, style });
  const { isTTY } = io.stdout;
  return {
    async add({ id, name }, { verdict, why, expected }) {
      if (verdict === 'ok' && !listAll) return;
      const shown = sanitize(name ?? '');
      await table.row([
        paintOf(verdict, style)(verdict),
        isTTY ? shortId(id, 8) : sanitize(id),
        isTTY ? shortenName(shown, NAME_MAX) : shown,
        verdict === 'ok' ? formatSize(expected) : sanitize(why),
      ]);
      await clear();
      await table.flush();
      await lines.flush();
    },
    async end(sum) {
      await lines.line(sumText(sum));
      await lines.flush();
    },
  };
}

function paintOf(verdict: Verdict, style: Style): Paint {
  if (verdict === 'ok') return style.ok;
  return verdict === 'skipped' || verdict === 'taken' ? style.dim : style.bad;
}

/** "41 uploads, 61 GiB read at 64 MiB/s: 39 ok, 1 altered, 1 skipped." */
function sumText({ count, counts, bytes, elapsed }: Sum): string {
  const rate = formatRate(bytes, elapsed);
  const found = VERDICTS.filter((verdict) => counts[verdict] > 0).map(
    (verdict) => `${formatCount(counts[verdict])} ${verdict}`,
  );
  const read = `${formatSize(bytes)} read${rate === null ? '' : ` at ${rate}`}`;
  return `${countOf(count, 'upload')}, ${read}${found.length === 0 ? '' : `: ${found.join(', ')}`}.`;
}

/** The progress, on one line. */
export function progressText({
  uploads,
  bytes,
  total,
  elapsed,
}: VerifyEnd & {
  readonly uploads: number;
  readonly total: { readonly uploads: number; readonly bytes: number };
}): string {
  const rate = formatRate(bytes, elapsed);
  // Uploads may be created meanwhile, and changed ones are read twice.
  const most = Math.max(uploads, total.uploads);
  return [
    `${formatCount(uploads)} of ${countOf(most, 'upload')}`,
    `${formatSize(bytes)} of ${formatSize(Math.max(bytes, total.bytes))}`,
    ...(rate === null ? [] : [rate]),
  ].join(' · ');
}
