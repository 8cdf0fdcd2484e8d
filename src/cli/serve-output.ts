import type { Config } from '../config/config.ts';
import type { DaemonLog, Ready } from '../daemon/daemon.ts';
import { describePolicy } from '../retention/policy.ts';
import { formatJson } from '../terminal/json.ts';
import { eventJson, eventLine, requestJson, requestLine } from '../terminal/log-line.ts';
import { sanitize } from '../terminal/sanitize.ts';
import { formatSize } from '../terminal/size.ts';
import { formatClock, formatDateTime, formatIso } from '../terminal/time.ts';
import type { Io } from './io.ts';
import { withLevel } from './journal.ts';
import { styleOf } from './style-of.ts';
import { programVersion } from './version.ts';

export interface ServeOutput {
  readonly log: DaemonLog;
  ready(ready: Ready, file: string | null): void;
  stopping(): void;
  stopped(): void;
}

const DAY = 86_400_000;

/** What `serve` says: one block when it is ready, then a line per request and event. */
export function createServeOutput(io: Io, format: Config['logFormat']): ServeOutput {
  const { say, sayLater } = lineLog(io);
  const options = {
    style: styleOf(io),
    date: !io.stdout.isTTY,
    ...(io.timeZone === undefined ? {} : { timeZone: io.timeZone }),
  };
  const json = format === 'json';
  const levelled: typeof withLevel = (level, line) =>
    io.stdout.isJournal === true ? withLevel(level, line) : line;
  const log: DaemonLog = {
    request: (record) => {
      const level = record.status !== null && record.status >= 500 ? 'warn' : 'info';
      sayLater(levelled(level, json ? requestJson(record) : requestLine(record, options)));
    },
    event: (level, message) => {
      const event = { at: io.now(), level, message };
      say(levelled(level, json ? eventJson(event) : eventLine(event, options)));
    },
    bug: (error) => {
      const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
      log.event('error', json ? text : (text.split('\n')[0] ?? text));
      if (!json) {
        for (const line of text.split('\n').slice(1)) say(levelled('error', sanitize(line)));
      }
    },
  };
  return {
    log,
    ready: (ready, file) => {
      if (json) say(readyJson(io, ready, file));
      // At once: a reader that has seen its first line has all of it.
      else say(readyLines(io, ready, file).join('\n'));
    },
    stopping: () => log.event('info', 'stopping: what has arrived is kept; once more ends at once'),
    stopped: () => log.event('info', 'stopped'),
  };
}

/**
 * A write costs more than a line: what may be said later goes out with the other lines of its turn of
 * the event loop. What tells of trouble goes at once, since the process may not live that long.
 */
function lineLog({ stdout }: Io): Record<'say' | 'sayLater', (line: string) => void> {
  let waiting = '';
  const flush = () => {
    const text = waiting;
    waiting = '';
    // A log that nobody reads any more must not stop the uploads.
    if (text !== '') stdout.write(text).catch(() => {});
  };
  return {
    say: (line) => {
      waiting += `${line}\n`;
      flush();
    },
    sayLater: (line) => {
      if (waiting === '') setImmediate(flush);
      waiting += `${line}\n`;
    },
  };
}

function readyLines(io: Io, ready: Ready, file: string | null): string[] {
  const style = styleOf(io);
  const { url, folder, freeSpace, policy, nextSweep } = ready;
  const sweep =
    nextSweep === null ? 'no sweep is scheduled' : `next sweep ${timeOf(io, nextSweep.getTime())}`;
  return [
    `${style.strong(`tusd-ts ${programVersion()}`)}  ready at ${style.ok(url)}`,
    `  files   ${sanitize(folder)} · ${formatSize(freeSpace)} free`,
    `  config  ${file === null ? 'none' : sanitize(file)}`,
    `  keep    ${describePolicy(policy)} · ${sweep}`,
    '',
  ];
}

/** The time of day alone, when that is clear. */
function timeOf(io: Io, at: number): string {
  const options = { timeZone: io.timeZone };
  return at - io.now() < DAY
    ? formatClock(at, { ...options, seconds: false })
    : formatDateTime(at, options);
}

function readyJson(io: Io, ready: Ready, file: string | null): string {
  const { url, folder, freeSpace, policy, nextSweep } = ready;
  return formatJson({
    type: 'ready',
    time: formatIso(io.now()),
    version: programVersion(),
    url,
    folder,
    freeSpace,
    config: file,
    retention: { unfinishedMs: policy.unfinishedFor, finishedMs: policy.finishedFor },
    nextSweep: nextSweep === null ? null : formatIso(nextSweep.getTime()),
  });
}
