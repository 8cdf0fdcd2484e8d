import type { TusRequest } from '../tus-server/acting.ts';

/** Literal text, or the file or environment variable that holds it. */
export type KeptText = string | { readonly file: string } | { readonly env: string };

export type HookEvent =
  | 'pre-create'
  | 'pre-finish'
  | 'pre-terminate'
  | 'post-create'
  | 'post-receive'
  | 'post-finish'
  | 'post-deliver'
  | 'post-download'
  | 'post-terminate'
  | 'post-expire';

interface HookCommon {
  /** What `hooks list` and warnings call it: a-z, 0-9 and "-"; each name once. */
  readonly name: string;
  /** Events that begin with "pre-" wait for the answer, which may refuse the change. */
  readonly events: readonly HookEvent[];
  /** The time limit of one attempt. Default "30s". */
  readonly timeout?: string;
  /** What a "pre-" event does when the hook fails. Default "reject". */
  readonly onError?: 'reject' | 'allow';
  /** How long a "post-" delivery is retried. Default "1d". */
  readonly maxAge?: string;
}

/** A hook, in the format of the configuration file (docs/hooks.md). */
export type HookOptions =
  | (HookCommon & {
      readonly type: 'http';
      readonly url: string;
      /** Signing secrets (Standard Webhooks); every one signs. */
      readonly secrets?: readonly KeptText[];
      readonly headers?: Readonly<Record<string, KeptText>>;
      /** Headers of the client's request that are forwarded. */
      readonly forwardHeaders?: readonly string[];
    })
  | (HookCommon & {
      readonly type: 'command';
      readonly command: string;
      readonly args?: readonly string[];
    });

/**
 * The options of `openTusStore`. Except for the first and the last two, they are keys of the
 * daemon's configuration file, with the same values and defaults. Sizes are bytes or text such as
 * "10GiB", durations are text such as "60s".
 */
export interface TusStoreOptions {
  /**
   * The upload directory; created if missing. Commands such as `tusd-ts list --upload-dir` accept
   * the same value. ":memory:" keeps everything in memory, for tests.
   */
  readonly directory: string;
  /** Days after its last byte until an unfinished upload is removed, or "never". Default 1. */
  readonly retentionDays?: number | 'never';
  /** Days until a finished upload is removed, or "never". Default "never". */
  readonly completedRetentionDays?: number | 'never';
  /** When the cleanup runs in this process: a cron pattern, or "never". Default "0 * * * *". */
  readonly cleanupSchedule?: string;
  /**
   * Maximum size of an upload, or "unlimited". Default "unlimited". Pass it to @tus/server, too
   * (its option `maxSize`, in bytes), so that OPTIONS announces it.
   */
  readonly maxSize?: number | string;
  /** Disk space that new uploads must leave free, or "off". Default "256MiB". */
  readonly minFreeSpace?: number | string;
  /** Permissions of data files, in octal. Default "0600". */
  readonly fileMode?: string;
  /** Permissions of created directories, in octal. Default "0700". */
  readonly directoryMode?: string;
  /** Group of all files and directories, by name or id. Default null: the system's choice. */
  readonly fileGroup?: string | number | null;
  /** When bytes are flushed to disk before the response. Default "completed". */
  readonly fsync?: 'completed' | 'always' | 'never';
  /** A body is ended after this time without data; the received bytes are kept. Default "60s". */
  readonly idleTimeout?: string;
  /** How long `close` lets running uploads and hooks continue. Default "8s". */
  readonly drainTimeout?: string;
  /** Receivers and programs that are notified of uploads. Default none. */
  readonly hooks?: readonly HookOptions[];
  /** The most hook deliveries at once. Default 16. */
  readonly hookConcurrency?: number;
  /**
   * Returns the client's address, for records and hooks, behind a proxy: with Express `(request) =>
   * request.runtime?.node?.req.ip`. Default: the address of the socket.
   */
  readonly clientAddress?: (request: TusRequest) => string | undefined;
  /** Receives messages for the operator. Default: a process warning (`process.emitWarning`). */
  readonly log?: (level: 'info' | 'warn' | 'error', message: string) => void;
}
