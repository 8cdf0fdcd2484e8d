import type { Config } from '../../config/config.ts';
import type { DaemonLog } from '../../daemon/daemon-log.ts';
import type { Ready } from '../../daemon/ready.ts';
import { describePolicy } from '../../retention/policy.ts';
import { formatJson } from '../../terminal/json.ts';
import { type LogLevel, requestLevel } from '../../terminal/log-line.ts';
import { formatSize } from '../../terminal/size.ts';
import { formatClock, formatDateTime, formatIso } from '../../terminal/time.ts';
import { sanitize } from '../../text/sanitize.ts';
import { DAY } from '../../text/span.ts';
import { styleOf } from '../output/style-of.ts';
import { textOutput } from '../output/text-output.ts';
import type { Io, Output } from '../process/io.ts';
import { withLevel } from '../process/journal.ts';
import { programVersion } from '../process/version.ts';
import { textLines } from './log-lines.ts';
import { createLogWriter } from './log-writer.ts';

export interface ServeOutput {
  readonly log: DaemonLog;
  /** Logs what has this level, or a more serious one, from now on. */
  setLevel(level: LogLevel): void;
  ready(ready: Ready, file: string | null): void;
  stopping(): void;
  stopped(): void;
  /** Resolves when everything is written, or after `limit` milliseconds. */
  flush(limit: number): Promise<void>;
}

const LEVELS: readonly LogLevel[] = ['debug', 'info', 'warn', 'error'];

/** The output of `serve`: a block of lines when it is ready, then a line per request and event. */
export async function createServeOutput(
  io: Io,
  { logFormat, logLevel }: Pick<Config, 'logFormat' | 'logLevel'>,
): Promise<ServeOutput> {
  const json = logFormat === 'json';
  const options = {
    style: styleOf(io),
    date: !io.stdout.isTTY,
    wholeIds: !io.stdout.isTTY,
    ...(io.timeZone === undefined ? {} : { timeZone: io.timeZone }),
  };
  // Loaded here, since the other format does not need its library.
  const lines = json ? (await import('./json-lines.ts')).jsonLines() : textLines(options);
  let lowest: LogLevel = logLevel;
  const wanted = (level: LogLevel) => LEVELS.indexOf(level) >= LEVELS.indexOf(lowest);
  const levelled: typeof withLevel = (level, line) =>
    io.stdout.isJournal === true ? withLevel(level, line) : line;
  const output = json ? io.stdout : textOutput(io, io.stdout);
  const { say, sayLater, flush } = lineLog(output, (count) => {
    const message = `${count} lines of this log were dropped: its reader was too slow, or it could not be written`;
    return `${levelled('warn', lines.event(io.now(), 'warn', message))}\n`;
  });
  const sayAt = (level: LogLevel) => (level === 'warn' || level === 'error' ? say : sayLater);
  const log: DaemonLog = {
    request: (record) => {
      const level = requestLevel(record);
      if (!wanted(level)) return;
      sayLater(levelled(level, lines.request(record)));
    },
    event: (level, message) => {
      if (wanted(level)) sayAt(level)(levelled(level, lines.event(io.now(), level, message)));
    },
    happened: (level, what) => {
      if (wanted(level)) sayAt(level)(levelled(level, lines.happened(io.now(), level, what)));
    },
    bug: (error) => say(levelled('error', lines.bug(io.now(), error))),
  };
  return {
    log,
    setLevel: (level) => {
      lowest = level;
    },
    ready: (ready, file) => {
      if (json) say(readyJson(io, ready, file));
      // In one write: a reader that has seen the first line has the whole block.
      else say(readyLines(io, ready, file).join('\n'));
    },
    stopping: () => log.event('info', 'stopping: what has arrived is kept; once more ends at once'),
    stopped: () => log.event('info', 'stopped'),
    flush,
  };
}

/**
 * Writes are expensive: ordinary lines are written together, once per turn of the event loop.
 * Warnings and errors are written at once, since the process may be about to end.
 */
function lineLog(output: Output, dropped: (lines: number) => string) {
  const writer = createLogWriter(output, dropped);
  let waiting = '';
  const flush = () => {
    const text = waiting;
    waiting = '';
    if (text !== '') writer.write(text);
  };
  return {
    say: (line: string) => {
      waiting += `${line}\n`;
      flush();
    },
    sayLater: (line: string) => {
      if (waiting === '') setImmediate(flush);
      waiting += `${line}\n`;
    },
    flush: (limit: number) => {
      flush();
      return writer.flush(limit);
    },
  };
}

function readyLines(io: Io, ready: Ready, file: string | null): string[] {
  const style = styleOf(io);
  const { url, moreUrls, folder, persistent, database, policy, nextSweep, admin } = ready;
  const files = persistent ? folder : 'in memory, nothing is kept when the daemon ends';
  const free = database === null ? ` · ${formatSize(ready.freeSpace)} free` : '';
  const sweep =
    nextSweep === null ? 'no sweep is scheduled' : `next sweep ${timeOf(io, nextSweep.getTime())}`;
  return [
    `${style.strong(`tusd-ts ${programVersion()}`)}  ready at ${style.ok(url)}`,
    ...moreUrls.map((more) => `  also at ${style.ok(sanitize(more))}`),
    `  files   ${sanitize(files)}${free}`,
    ...(database === null ? [] : [`  records ${sanitize(database)}`]),
    `  config  ${file === null ? 'none' : sanitize(file)}`,
    `  keep    ${describePolicy(policy)} · ${sweep}`,
    ...(admin === null ? [] : [`  admin   ${sanitize(admin)}`]),
    '',
  ];
}

/** Only the time of day if the date is obvious. */
function timeOf(io: Io, at: number): string {
  const options = { timeZone: io.timeZone };
  return at - io.now() < DAY
    ? formatClock(at, { ...options, seconds: false })
    : formatDateTime(at, options);
}

function readyJson(io: Io, ready: Ready, file: string | null): string {
  const { url, moreUrls, folder, database, persistent, policy, nextSweep, admin } = ready;
  return formatJson({
    type: 'ready',
    time: formatIso(io.now()),
    version: programVersion(),
    url,
    moreUrls,
    folder,
    database,
    persistent,
    // Unknown for a bucket.
    freeSpace: Number.isFinite(ready.freeSpace) ? ready.freeSpace : null,
    config: file,
    retention: { unfinishedMs: policy.unfinishedFor, finishedMs: policy.finishedFor },
    nextSweep: nextSweep === null ? null : formatIso(nextSweep.getTime()),
    admin,
  });
}
