import type { RequestRecord } from '../http/request-record.ts';
import type { Happening } from './happening.ts';

export type LogLevel = 'info' | 'warn' | 'error';

/** Where the daemon's words go; it never prints itself. */
export interface DaemonLog {
  request(record: RequestRecord): void;
  event(level: LogLevel, message: string): void;
  /** The same for what programs read, too. */
  happened(level: LogLevel, what: Happening): void;
  /** Something that should not have happened, with its stack. */
  bug(error: unknown): void;
}
