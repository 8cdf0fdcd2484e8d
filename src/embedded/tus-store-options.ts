import type { TusRequest } from '../tus-server/acting.ts';

/** Text, or the file or environment variable that holds it. */
export type KeptText = string | { readonly file: string } | { readonly env: string };

export type HookEvent =
  | 'pre-create'
  | 'pre-finish'
  | 'pre-terminate'
  | 'post-create'
  | 'post-receive'
  | 'post-finish'
  | 'post-terminate'
  | 'post-expire';

interface HookCommon {
  /** What `hooks list` and warnings call it: a-z, 0-9 and "-"; each name once. */
  readonly name: string;
  /** Those that begin with "pre-" wait for the answer and may refuse. */
  readonly events: readonly HookEvent[];
  /** How long one attempt may take. Default "30s". */
  readonly timeout?: string;
  /** What a "pre-" event does when the hook fails. Default "reject". */
  readonly onError?: 'reject' | 'allow';
  /** How long a "post-" delivery is tried again. Default "1d". */
  readonly maxAge?: string;
}

/** A hook as the configuration file has it (docs/hooks.md). */
export type HookOptions =
  | (HookCommon & {
      readonly type: 'http';
      readonly url: string;
      /** Signing secrets (Standard Webhooks); every one signs. */
      readonly secrets?: readonly KeptText[];
      readonly headers?: Readonly<Record<string, KeptText>>;
      /** Headers of the client's request that are sent on. */
      readonly forwardHeaders?: readonly string[];
    })
  | (HookCommon & {
      readonly type: 'command';
      readonly command: string;
      readonly args?: readonly string[];
    });

/**
 * What `openTusStore` takes. Apart from the first and the last two these are keys of the daemon's
 * configuration file, with the same values and the same defaults. Sizes are bytes or text such as
 * "10GiB", durations text such as "60s".
 */
export interface TusStoreOptions {
  /**
   * The upload directory; made if missing. `tusd-ts list --upload-dir` and the others take the same.
   * ":memory:" keeps everything in memory, for tests.
   */
  readonly directory: string;
  /** Days after its last byte until an unfinished upload is removed, or "never". Default 1. */
  readonly retentionDays?: number | 'never';
  /** Days until a finished upload is removed, or "never". Default "never". */
  readonly completedRetentionDays?: number | 'never';
  /** When the cleanup runs in this process: a cron pattern, or "never". Default "0 * * * *". */
  readonly cleanupSchedule?: string;
  /**
   * Largest upload that is accepted, or "unlimited". Default "unlimited". Give it to @tus/server, too
   * (its option `maxSize`, in bytes), so that OPTIONS tells clients.
   */
  readonly maxSize?: number | string;
  /** Space that new uploads leave free on the disk, or "off". Default "256MiB". */
  readonly minFreeSpace?: number | string;
  /** Permissions of data files, in octal. Default "0600". */
  readonly fileMode?: string;
  /** Permissions of directories that are made, in octal. Default "0700". */
  readonly directoryMode?: string;
  /** Group of all files and directories, by name or id. Default null: the system's choice. */
  readonly fileGroup?: string | number | null;
  /** When bytes are forced to the disk before the answer. Default "completed". */
  readonly fsync?: 'completed' | 'always' | 'never';
  /** A body that sends nothing for so long is ended, and what came is kept. Default "60s". */
  readonly idleTimeout?: string;
  /** How long `close` lets running uploads and hooks go on. Default "8s". */
  readonly drainTimeout?: string;
  /** Receivers and programs that are told what happens to uploads. Default none. */
  readonly hooks?: readonly HookOptions[];
  /** Hook deliveries that run at once. Default 16. */
  readonly hookConcurrency?: number;
  /**
   * The client's address, for records and hooks, where a proxy stands in front: with Express
   * `(request) => request.runtime?.node?.req.ip`. Default: the address of the socket.
   */
  readonly clientAddress?: (request: TusRequest) => string | undefined;
  /** What a sysadmin should read. Default: a warning of the process (`process.emitWarning`). */
  readonly log?: (level: 'info' | 'warn' | 'error', message: string) => void;
}
