import type { RequestRecord } from '../http/request-record.ts';
import type { Happening } from './happening.ts';

export type LogLevel = 'info' | 'warn' | 'error';

/** The daemon's log; the daemon itself never prints. */
export interface DaemonLog {
  request(record: RequestRecord): void;
  event(level: LogLevel, message: string): void;
  /** Logs an event with its numbers, also for programs. */
  happened(level: LogLevel, what: Happening): void;
  /** Logs an unexpected error with its stack. */
  bug(error: unknown): void;
}
