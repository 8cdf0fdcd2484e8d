import type { HookEvent } from './hook-schema.ts';

/**
 * The configuration in force, as the program uses it: paths absolute, sizes in bytes, durations in
 * milliseconds, and null where the file says "never" or "unlimited".
 */
export interface Config {
  /** 0 takes a free port. */
  readonly port: number;
  /** An IP address (IPv6 without brackets) or a host name. */
  readonly host: string;
  /** Absolute path. */
  readonly uploadDir: string;
  /** Begins and ends with a slash. */
  readonly basePath: string;
  /** Origins as browsers send them, or ["*"] for any. Empty: none. */
  readonly corsOrigins: readonly string[];
  /** Milliseconds since the last activity of an unfinished upload; null keeps it. */
  readonly retentionMs: number | null;
  /** Milliseconds since an upload finished; null keeps it. */
  readonly completedRetentionMs: number | null;
  /** A cron pattern of 5 or 6 fields; null switches the schedule off. */
  readonly cleanupSchedule: string | null;
  /** Bytes; null is unlimited. */
  readonly maxSize: number | null;
  /** Bytes; null does not look at the free space. */
  readonly minFreeSpace: number | null;
  /** Permission bits of data files. */
  readonly fileMode: number;
  /** Permission bits of directories. */
  readonly directoryMode: number;
  /** A group id; null leaves the group to the system. */
  readonly fileGroup: number | null;
  /** URL of the base path as clients see it, with a trailing slash; null if not configured. */
  readonly publicUrl: string | null;
  /** IP addresses and networks in CIDR notation. */
  readonly trustedProxies: readonly string[];
  readonly logFormat: 'text' | 'json';
  readonly logLevel: 'debug' | 'info' | 'warn' | 'error';
  readonly fsync: 'completed' | 'always' | 'never';
  readonly idleTimeoutMs: number;
  readonly headersTimeoutMs: number;
  /** 0 ends running requests at once. */
  readonly drainTimeoutMs: number;
  readonly maxConnections: number;
  readonly disableDownload: boolean;
  readonly disableTermination: boolean;
  /** Bodies of so many bytes are read straight from their sockets; null: none are. */
  readonly directBodies: number | null;
  readonly hooks: readonly HookConfig[];
  readonly hookConcurrency: number;
}

interface HookCommon {
  /** Unique among the hooks; from a-z, 0-9 and "-". */
  readonly name: string;
  /** At least one, each once. */
  readonly events: readonly HookEvent[];
  readonly timeoutMs: number;
  /** What a "pre-" event does when the hook fails. */
  readonly onError: 'reject' | 'allow';
  /** How long a "post-" delivery is retried before it counts as dead. */
  readonly maxAgeMs: number;
}

/** A hook that is a POST to a URL. */
export interface HttpHookConfig extends HookCommon {
  readonly type: 'http';
  readonly url: string;
  /** Each "whsec_" and canonical base64. Empty: not signed. */
  readonly secrets: readonly string[];
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /** Names in lower case. */
  readonly forwardHeaders: readonly string[];
}

/** A hook that is a program. */
export interface CommandHookConfig extends HookCommon {
  readonly type: 'command';
  /** An absolute path, or a bare name to look for in PATH. */
  readonly command: string;
  readonly args: readonly string[];
}

export type HookConfig = HttpHookConfig | CommandHookConfig;
