import type { LogLevel } from '../../daemon/daemon-log.ts';
import type { Happening } from '../../daemon/happening.ts';
import { stackOf } from '../../fault.ts';
import type { RequestRecord } from '../../http/request-record.ts';
import { eventLine, type LogLineOptions, requestLine, shownId } from '../../terminal/log-line.ts';
import { sanitize } from '../../text/sanitize.ts';
import { happeningText } from './happening-text.ts';

/** Writes the log's lines, one or more at a time, without the last newline. `at` is milliseconds since the epoch. */
export interface LogLines {
  request(record: RequestRecord): string;
  event(at: number, level: LogLevel, message: string): string;
  happened(at: number, level: LogLevel, what: Happening): string;
  /** An unexpected error with its stack. */
  bug(at: number, error: unknown): string;
}

/** Lines for people. */
export function textLines(options: LogLineOptions): LogLines {
  const event = (at: number, level: LogLevel, message: string) =>
    eventLine({ at, level, message }, options);
  return {
    request: (record) => requestLine(record, options),
    event,
    happened: (at, level, what) =>
      event(
        at,
        level,
        happeningText(what, (id) => shownId(id, options)),
      ),
    bug: (at, error) => {
      const [first = '', ...more] = stackOf(error).split('\n');
      return [event(at, 'error', first), ...more.map(sanitize)].join('\n');
    },
  };
}
