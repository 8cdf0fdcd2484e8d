import { pad, shortenName } from '../../terminal/fit.ts';
import { formatPercent, progressBar } from '../../terminal/progress-bar.ts';
import { formatRate, formatSize } from '../../terminal/size.ts';
import type { Style } from '../../terminal/style.ts';
import { sanitize } from '../../text/sanitize.ts';
import { formatDuration, SECOND } from '../../text/span.ts';

/** One transfer as it is shown. */
export interface RowState {
  readonly name: string;
  /** Bytes; null while it is not known. */
  readonly size: number | null;
  readonly position: number;
  /** Bytes in a second; null while too little is known. */
  readonly rate: number | null;
  /** What it waits for instead of going on. */
  readonly waiting: string | null;
}

const BAR = { cells: 15, from: 72 };
const NAME = { least: 8, most: 28 };
const NUMBERS = 45;
/** A terminal with fewer columns shows no rate, so that the time left fits. */
const RATE_FROM = 45;

/** A line of a terminal: name, bar, percent, size, rate, time left. */
export function transferRow(row: RowState, columns: number, style: Style): string {
  // A narrow terminal shows numbers only.
  const cells = columns >= BAR.from ? BAR.cells : 0;
  const width = Math.max(NAME.least, Math.min(NAME.most, columns - cells - NUMBERS));
  const name = pad(shortenName(sanitize(row.name), width), width);
  if (row.waiting !== null) return `${name}  ${style.warn(sanitize(row.waiting))}`;
  const progress = { received: row.position, length: row.size };
  const bar = cells === 0 ? '' : `${progressBar(progress, { cells })} `;
  const percent = pad(formatPercent(progress), 5, 'right');
  const done = pad(formatSize(row.position), 9, 'right');
  const rate = columns < RATE_FROM ? '' : ` ${pad(rateText(row.rate), 11, 'right')}`;
  return `${name}  ${bar}${percent} ${done}${rate}  ${timeLeft(row)}`;
}

/** The same on a pipe, for a log. */
export function transferLine(row: RowState): string {
  const { size, position, rate } = row;
  const of = size === null ? '' : ` of ${formatSize(size)}`;
  const percent = formatPercent({ received: position, length: size });
  const parts = [
    `${formatSize(position)}${of}${percent === '' ? '' : ` (${percent})`}`,
    rateText(rate),
    timeLeft(row) === '' ? '' : `${timeLeft(row)} left`,
  ];
  return `${sanitize(row.name)}: ${row.waiting ?? parts.filter((part) => part !== '').join(', ')}`;
}

export function rateText(rate: number | null): string {
  return rate === null ? '' : (formatRate(rate, SECOND) ?? '');
}

/** Empty while it cannot be known. */
export function timeLeft({ size, position, rate }: Omit<RowState, 'name' | 'waiting'>): string {
  if (size === null || rate === null || rate <= 0 || position >= size) return '';
  return formatDuration(Math.ceil((size - position) / rate) * SECOND);
}
