/**
 * Who opens a catalog. A daemon serves uploads; a command reads and removes beside it. A lease counts
 * for as long as its process sends heartbeats.
 */
export type OwnerRole = 'daemon' | 'command';

/** A lease no longer counts when its process has sent no heartbeat for this long (milliseconds). */
export const LEASE_VOID_AFTER = 30_000;

/** What a process tells about itself with each heartbeat. */
export interface ProcessReport {
  readonly host: string;
  readonly pid: number;
  /** The version of the program. */
  readonly version: string;
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
  /** Requests that bring bytes now. */
  readonly receiving: number;
}

export interface ProcessInfo extends ProcessReport {
  readonly role: OwnerRole;
  /** Milliseconds since its last heartbeat. */
  readonly lag: number;
}

/** Another process asks this one to let go of an upload. `urgent`: also while its bytes come. */
export type AskedListener = (id: string, urgent: boolean) => void;
