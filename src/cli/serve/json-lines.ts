import { pino } from 'pino';
import { stackOf } from '../../fault.ts';
import type { RequestRecord } from '../../http/request-record.ts';
import { requestLevel } from '../../terminal/log-line.ts';
import { formatIso } from '../../terminal/time.ts';
import { escapeAsJson } from '../../text/sanitize.ts';
import type { LogLines } from './log-lines.ts';

type RequestLine = Omit<RequestRecord, 'at' | 'ms'> & {
  readonly type: 'request';
  readonly durationMs: number;
};

/**
 * Lines for programs: an object each, by pino. Which levels are written is decided before. Control, bidi
 * and invisible characters are escaped, so that a line can also be looked at.
 */
export function jsonLines(): LogLines {
  let time = 0;
  let line = '';
  const logger = pino(
    {
      base: null,
      level: 'debug',
      messageKey: 'message',
      timestamp: () => `,"time":"${formatIso(time)}"`,
      formatters: { level: (level) => ({ level }) },
    },
    {
      write: (text) => {
        line = text;
      },
    },
  );
  const write = (at: number, level: 'debug' | 'info' | 'warn' | 'error', what: object): string => {
    time = at;
    logger[level](what);
    return escapeAsJson(line.slice(0, -1));
  };
  return {
    request: (record) => {
      // Field by field, which is faster than a rest pattern. The type keeps the list complete.
      const { requestId, method, path, status, code, id, bytes, body } = record;
      const { address, principal, note } = record;
      const durationMs = Math.round(record.ms);
      // biome-ignore format: one line is enough for what is copied as it is
      const line: RequestLine = { type: 'request', requestId, method, path, status, code, id, bytes, body, address, principal, note, durationMs };
      return write(record.at, requestLevel(record), line);
    },
    event: (at, level, message) => write(at, level, { type: 'event', message }),
    happened: (at, level, what) => write(at, level, what),
    bug: (at, error) => write(at, 'error', { type: 'event', message: stackOf(error) }),
  };
}
