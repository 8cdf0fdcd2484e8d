import { sanitize } from '../text/sanitize.ts';
import { formatDuration } from '../text/span.ts';
import { pad, truncate } from './fit.ts';
import { shortId } from './short-id.ts';
import { formatSize } from './size.ts';
import type { Style } from './style.ts';
import { formatClock, formatDateTime, type TimeOptions } from './time.ts';

/** The log record of one HTTP request, written when it has ended. */
export interface RequestLog {
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly method: string;
  /** As the client sent it, without the query; null if there was no valid request. */
  readonly path: string | null;
  /** null when the connection ended before the response. */
  readonly status: number | null;
  /** The upload's id; null if the request concerns none. */
  readonly id: string | null;
  /** Content bytes received; null for a request without content. */
  readonly bytes: number | null;
  /** Duration in milliseconds. */
  readonly ms: number;
  readonly address: string;
  /** Who made the request (hostile text); null for a client without credentials. */
  readonly principal: string | null;
  /** Additional information, possibly with untrusted names; may be empty. */
  readonly note: string;
}

/** A log event that is not about one request. */
export interface EventLog {
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly level: 'info' | 'warn' | 'error';
  readonly message: string;
}

export interface LogLineOptions extends TimeOptions {
  readonly style: Style;
  /** true adds the date before the time, for a log that spans days (default false). */
  readonly date?: boolean;
  /** true shows full ids, for a log that is searched (default false: a prefix). */
  readonly wholeIds?: boolean;
}

/** Enough characters to identify an upload within a log. */
const ID_SHOWN = 10;
/** Columns of a log that is searched: the length of generated ids, the longest duration and IPv4 address. */
const WIDE = { id: 32, duration: 11, address: 15 };
/** On a terminal of 80 columns most lines fit: longer values move what follows. */
const NARROW = { id: ID_SHOWN + 1, duration: 8, address: 9 };

/** Longer notes (columns) are cut: only a client's names can make them that long. */
const NOTE_MAX = 400;

/** A request on one line, in columns. No newline at the end. */
export function requestLine(request: RequestLog, options: LogLineOptions): string {
  const { style } = options;
  const { method, status, id, bytes, ms, address } = request;
  const width = options.wholeIds ? WIDE : NARROW;
  const columns = [
    style.dim(timeOf(request.at, options)),
    `${pad(sanitize(method), 7)} ${paintStatus(status, style)}`,
    pad(id === null ? '-' : shownId(id, options), width.id),
    pad(bytes === null ? '' : `+${formatSize(bytes)}`, 9),
    pad(formatDuration(ms), width.duration, 'right'),
    pad(sanitize(address), width.address),
    truncate(sanitize(noteOf(request)), NOTE_MAX),
  ];
  return columns.join('  ').trimEnd();
}

/**
 * The log level of a request: debug for a successful preflight, error for a failure of the server.
 */
export function requestLevel({ method, status }: Pick<RequestLog, 'method' | 'status'>): LogLevel {
  if (status === null) return 'warn';
  // These statuses mean that the request was not supported or too large, not that the server
  // failed.
  if (status >= 500) return [501, 505, 507].includes(status) ? 'warn' : 'error';
  return method === 'OPTIONS' && status < 400 ? 'debug' : 'info';
}

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

/** An id as shown in a line of text. */
export function shownId(id: string, { wholeIds = false }: Pick<LogLineOptions, 'wholeIds'>) {
  return wholeIds ? sanitize(id) : shortId(id, ID_SHOWN);
}

/** The note with readable sizes; for a 404 it includes the path. */
function noteOf({ note: about, path, status, principal }: RequestLog): string {
  const note = [principal === null ? '' : `by ${principal}`, about].filter(Boolean).join('; ');
  const readable = note
    .replace(
      /\b(\d+) of (\d+) bytes\b/g,
      (_, some, all) => `${formatSize(+some)} of ${formatSize(+all)}`,
    )
    .replace(/\b(\d+) bytes kept\b/g, (_, bytes) => `${formatSize(+bytes)} kept`);
  if (status !== 404 || path === null) return readable;
  return `${readable}${readable === '' ? '' : ': '}${path}`;
}

/** An event on one line, with a label for warnings and errors. No newline at the end. */
export function eventLine(event: EventLog, options: LogLineOptions): string {
  const { style } = options;
  const label = {
    info: '',
    warn: `${style.warn('warning:')} `,
    error: `${style.bad('error:')} `,
  }[event.level];
  return `${style.dim(timeOf(event.at, options))}  ${label}${sanitize(event.message)}`;
}

function timeOf(at: number, options: LogLineOptions): string {
  return options.date === true ? formatDateTime(at, options) : formatClock(at, options);
}

function paintStatus(status: number | null, style: Style): string {
  if (status === null) return style.warn('---');
  const text = String(status);
  if (status >= 500) return style.bad(text);
  if (status >= 400) return style.warn(text);
  return style.ok(text);
}
