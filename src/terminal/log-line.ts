import { sanitize } from '../text/sanitize.ts';
import { formatDuration } from '../text/span.ts';
import { pad, truncate } from './fit.ts';
import { formatJson } from './json.ts';
import { shortId } from './short-id.ts';
import { formatSize } from './size.ts';
import type { Style } from './style.ts';
import { formatClock, formatDateTime, formatIso, type TimeOptions } from './time.ts';

/** One HTTP request as the log tells it, when it has ended. */
export interface RequestLog {
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly method: string;
  /** Without its query, as the client sent it; null where there was no request. */
  readonly path: string | null;
  /** null when the connection ended before an answer could be sent. */
  readonly status: number | null;
  /** The upload's id; null for a request that concerns none. */
  readonly id: string | null;
  /** Bytes of content that came in; null for a request that brings none. */
  readonly bytes: number | null;
  /** How long it took. */
  readonly ms: number;
  readonly address: string;
  /** What else is worth knowing, possibly with names that a client chose; empty for nothing. */
  readonly note: string;
}

/** Something that the daemon did or met, outside of a request. */
export interface EventLog {
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly level: 'info' | 'warn' | 'error';
  readonly message: string;
}

export interface LogLineOptions extends TimeOptions {
  readonly style: Style;
  /** true puts the date before the time, for a log that outlives a day (default false). */
  readonly date?: boolean;
  /** true shows ids as they are, for a log that is searched (default false: their beginning). */
  readonly wholeIds?: boolean;
}

/** Enough of an id that no other upload of a log begins like that. */
const ID_SHOWN = 10;
/** What an id of ours has. */
const ID_WIDTH = 32;

/** A note longer than this many columns is a client's joke; the JSON form has all of it. */
const NOTE_MAX = 400;

/** A request on one line, in columns. No line break at the end. */
export function requestLine(request: RequestLog, options: LogLineOptions): string {
  const { style } = options;
  const { method, status, id, bytes, ms, address } = request;
  const columns = [
    style.dim(timeOf(request.at, options)),
    `${pad(sanitize(method), 7)} ${paintStatus(status, style)}`,
    pad(id === null ? '-' : shownId(id, options), options.wholeIds ? ID_WIDTH : ID_SHOWN + 1),
    pad(bytes === null ? '' : `+${formatSize(bytes)}`, 9),
    pad(formatDuration(ms), 11, 'right'),
    pad(sanitize(address), 15),
    truncate(sanitize(noteOf(request)), NOTE_MAX),
  ];
  return columns.join('  ').trimEnd();
}

/** A request as one line of JSON, with raw numbers, an ISO time and the whole id. */
export function requestJson({ at, ...request }: RequestLog): string {
  const { method, path, status, id, bytes, ms, address, note } = request;
  const [type, time, durationMs] = ['request', formatIso(at), Math.round(ms)];
  const level = requestLevel(request);
  return formatJson({
    type,
    time,
    level,
    method,
    path,
    status,
    id,
    bytes,
    durationMs,
    address,
    note,
  });
}

/** How much a request matters: a preflight that succeeded least, one that we failed most. */
export function requestLevel({ method, status }: Pick<RequestLog, 'method' | 'status'>): LogLevel {
  if (status === null) return 'warn';
  // What a request asks too much of (a coding, a version, room) is no failure of ours.
  if (status >= 500) return [501, 505, 507].includes(status) ? 'warn' : 'error';
  return method === 'OPTIONS' && status < 400 ? 'debug' : 'info';
}

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

/** An id as a line of text shows it. */
export function shownId(id: string, { wholeIds = false }: Pick<LogLineOptions, 'wholeIds'>) {
  return wholeIds ? sanitize(id) : shortId(id, ID_SHOWN);
}

/** Sizes as people read them; a request that found nothing says for what. */
function noteOf({ note, path, status }: RequestLog): string {
  const readable = note
    .replace(
      /\b(\d+) of (\d+) bytes\b/g,
      (_, some, all) => `${formatSize(+some)} of ${formatSize(+all)}`,
    )
    .replace(/\b(\d+) bytes kept\b/g, (_, bytes) => `${formatSize(+bytes)} kept`);
  if (status !== 404 || path === null) return readable;
  return `${readable}${readable === '' ? '' : ': '}${path}`;
}

/** An event on one line; a warning or an error says so. No line break at the end. */
export function eventLine(event: EventLog, options: LogLineOptions): string {
  const { style } = options;
  const label = {
    info: '',
    warn: `${style.warn('warning:')} `,
    error: `${style.bad('error:')} `,
  }[event.level];
  return `${style.dim(timeOf(event.at, options))}  ${label}${sanitize(event.message)}`;
}

/** An event as one line of JSON. */
export function eventJson({ at, level, message }: EventLog): string {
  return formatJson({ type: 'event', time: formatIso(at), level, message });
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
