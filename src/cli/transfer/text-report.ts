import { type Fault, messageOf } from '../../fault.ts';
import { createInlineFrame, type InlineFrame } from '../../terminal/inline-frame.ts';
import { formatSize } from '../../terminal/size.ts';
import { sanitize } from '../../text/sanitize.ts';
import { formatDuration, formatSpan, SECOND } from '../../text/span.ts';
import { styleOf } from '../output/style-of.ts';
import { canMove } from '../output/text-output.ts';
import type { Io } from '../process/io.ts';
import { createRateMeter, type RateMeter } from './rate-meter.ts';
import type { Outcome, Planned, Totals, TransferReport, TransferTrack } from './transfer-report.ts';
import { type RowState, rateText, timeLeft, transferLine, transferRow } from './transfer-row.ts';

interface Row {
  readonly name: string;
  size: number | null;
  position: number;
  waiting: string | null;
  readonly meter: RateMeter;
  loggedAt: number;
}

export interface TextReportOptions {
  readonly planned: Planned;
  /** Prints one result, on standard output. */
  readonly print: (outcome: Outcome, name: string) => void;
  /** Prints one line, on standard error. */
  readonly log: (line: string) => void;
  /** Writes to the terminal as it is, in order with all other output. */
  readonly draw: (text: string) => void;
  /** What was done with the transfers: "sent". */
  readonly verb: string;
}

const FRAME_EVERY = 200;
const LINE_EVERY = 10 * SECOND;
const MOST_ROWS = 8;

/** Progress for a person: a frame at the bottom of a terminal, or lines on a pipe. */
export function createTextReport(io: Io, options: TextReportOptions): TransferReport {
  const { planned, print, log, draw, verb } = options;
  const rows = new Set<Row>();
  const all = createRateMeter(io.now);
  const style = styleOf(io, io.stderr);
  const frame = frameOf(io, draw);
  let finished = 0;
  let finishedBytes = 0;
  let transferred = 0;
  let drawnAt = Number.NEGATIVE_INFINITY;

  const stateOf = (row: Row): RowState => ({ ...row, rate: row.meter.rate() });
  const say = (line: string) => (frame ? frame.above(line) : log(line));

  function sumLine(): string {
    const here = [...rows].reduce((sum, row) => sum + row.position, 0);
    const position = finishedBytes + here;
    const rate = all.rate();
    const left = timeLeft({ size: planned.bytes, position, rate });
    const parts = [
      `${finished} of ${planned.count} files`,
      `${formatSize(position)}${planned.bytes === null ? '' : ` of ${formatSize(planned.bytes)}`}`,
      rateText(rate),
      left === '' ? '' : `${left} left`,
    ];
    return style.dim(parts.filter((part) => part !== '').join(' · '));
  }

  function show(force = false): void {
    const now = io.now();
    if (frame === null) {
      for (const row of rows) {
        if (now - row.loggedAt < LINE_EVERY) continue;
        row.loggedAt = now;
        log(transferLine(stateOf(row)));
      }
      return;
    }
    if (!force && now - drawnAt < FRAME_EVERY) return;
    drawnAt = now;
    const columns = io.stderr.size()?.columns ?? 80;
    const shown = [...rows].slice(0, MOST_ROWS);
    const lines = shown.map((row) => transferRow(stateOf(row), columns, style));
    frame.draw(planned.count > 1 ? [...lines, sumLine()] : lines);
  }

  // While nothing moves, pauses and rates still change.
  const timer = setInterval(() => show(), FRAME_EVERY);
  timer.unref();

  const failure = (name: string, fault: unknown) => {
    const hint = (fault as Partial<Fault>)?.hint;
    const message = messageOf(fault);
    const named = message.startsWith(name) ? message : `${name}: ${message}`;
    say(`${style.bad('failed')}  ${sanitize(named)}`);
    if (hint) say(`        ${sanitize(hint)}`);
  };

  function track(name: string, size: number | null): TransferTrack {
    const meter = createRateMeter(io.now);
    const row: Row = { name, size, position: 0, waiting: null, meter, loggedAt: io.now() };
    let counted = false;
    rows.add(row);
    show();
    return {
      position(bytes) {
        // What an earlier run has transferred says nothing about the rate.
        if (counted && bytes > row.position) transferred += bytes - row.position;
        counted = true;
        row.position = bytes;
        row.waiting = null;
        row.meter.update(bytes);
        all.update(transferred);
        show();
      },
      size(bytes) {
        row.size = bytes;
      },
      retry(fault, delay) {
        row.waiting = `again in ${formatSpan(Math.max(delay, 100))}: ${fault.title}`;
        if (frame) show(true);
        else log(`${sanitize(name)}: ${sanitize(row.waiting)}`);
      },
      note: (text) => say(`${sanitize(name)}: ${sanitize(text)}`),
      done(outcome) {
        rows.delete(row);
        finished += 1;
        finishedBytes += outcome.size;
        frame?.clear();
        if (outcome.already && planned.count === 1) {
          log(`${sanitize(name)} was ${verb} earlier; to do it again: --fresh`);
        }
        print(outcome, name);
        show(true);
      },
      failed(fault) {
        rows.delete(row);
        failure(name, fault);
        show(true);
      },
      stopped() {
        rows.delete(row);
      },
    };
  }

  return {
    begin: track,
    note: (text) => say(sanitize(text)),
    failed: failure,
    end(totals) {
      clearInterval(timer);
      frame?.clear();
      if (totals !== null && planned.count > 1) log(totalsLine(totals, verb));
    },
  };
}

function frameOf(io: Io, draw: (text: string) => void): InlineFrame | null {
  if (!canMove(io, io.stderr)) return null;
  return createInlineFrame({
    write: draw,
    size: () => io.stderr.size() ?? { columns: 80, rows: 24 },
  });
}

function totalsLine({ done, already, failed, skipped, bytes, elapsed }: Totals, verb: string) {
  const parts = [
    `${done} ${verb} (${formatSize(bytes)} in ${formatDuration(elapsed)})`,
    already > 0 ? `${already} ${verb} earlier` : '',
    skipped > 0 ? `${skipped} skipped` : '',
    failed > 0 ? `${failed} failed` : '',
  ];
  return `${parts.filter((part) => part !== '').join(', ')}.`;
}
