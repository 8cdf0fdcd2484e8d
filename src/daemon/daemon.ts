import type { Config } from '../config/config.ts';
import { createHooks, type Hooks } from '../hooks/hooks.ts';
import { assertConditions } from '../http/conditions.ts';
import { createDownload } from '../http/download.ts';
import { Listener, type RequestRecord } from '../http/listener.ts';
import { assertPlainBody } from '../http/plain-body.ts';
import { createTusEndpoint } from '../protocol/tus/endpoint.ts';
import { expiresAt, type RetentionPolicy } from '../retention/policy.ts';
import { checkPattern, Schedule } from '../retention/schedule.ts';
import { notePolicy } from '../retention/served-policy.ts';
import { UploadStore } from '../storage/store.ts';
import { markOnMainThread } from './garbage-collection.ts';
import { runScheduledSweep } from './scheduled-sweep.ts';

export type LogLevel = 'info' | 'warn' | 'error';

/** Where the daemon's words go; it never prints itself. */
export interface DaemonLog {
  request(record: RequestRecord): void;
  event(level: LogLevel, message: string): void;
  /** Something that should not have happened, with its stack. */
  bug(error: unknown): void;
}

/** What a person wants to know once the port is open. */
export interface Ready {
  /** The base path's URL on this machine. */
  readonly url: string;
  /** Where the data files are: an absolute path. */
  readonly folder: string;
  readonly freeSpace: number;
  readonly policy: RetentionPolicy;
  /** null when the schedule is off. */
  readonly nextSweep: Date | null;
}

const TUS = 'tus 1.0.0';

/** The whole program behind `serve`, built from the configuration. */
export class Daemon {
  readonly #config: Config;
  readonly #log: DaemonLog;
  readonly #store: UploadStore;
  readonly #hooks: Hooks;
  readonly #listener: Listener;
  readonly #schedule: Schedule;
  readonly #policy: RetentionPolicy;

  private constructor(
    config: Config,
    log: DaemonLog,
    policy: RetentionPolicy,
    store: UploadStore,
    hooks: Hooks,
  ) {
    this.#config = config;
    this.#log = log;
    this.#policy = policy;
    this.#store = store;
    this.#hooks = hooks;
    const download = config.disableDownload ? null : createDownload(store, config.idleTimeoutMs);
    this.#listener = new Listener({
      port: config.port,
      host: config.host,
      basePath: config.basePath,
      publicUrl: config.publicUrl,
      corsOrigins: config.corsOrigins,
      trustedProxies: config.trustedProxies,
      headersTimeout: config.headersTimeoutMs,
      maxConnections: config.maxConnections,
      protocolName: TUS,
      protocol: createTusEndpoint({
        store,
        basePath: config.basePath,
        publicUrl: config.publicUrl,
        maxSize: config.maxSize,
        expires: policy.unfinishedFor !== null,
        expiresAt: (record) => expiresAt(record, policy),
        termination: !config.disableTermination,
        download,
        assertPlainBody,
        assertConditions,
      }),
      download,
      onRequest: (record) => log.request(record),
      onTurnedAway: (count) => {
        const what = count === 1 ? 'a connection was' : `${count} connections were`;
        log.event(
          'warn',
          `${what} turned away: ${config.maxConnections} are open (maxConnections)`,
        );
      },
      onBug: (error) => log.bug(error),
      now: Date.now,
    });
    this.#schedule = new Schedule();
  }

  /**
   * Opens the storage and the port. Throws a Fault that says what is in the way: DIRECTORY_IN_USE,
   * CANNOT_LISTEN, CATALOG_CORRUPT, CATALOG_TOO_NEW, PERMISSION or IO.
   */
  static async start(config: Config, log: DaemonLog): Promise<{ daemon: Daemon; ready: Ready }> {
    markOnMainThread();
    const policy = { unfinishedFor: config.retentionMs, finishedFor: config.completedRetentionMs };
    checkPattern(config.cleanupSchedule);
    const hooks = createHooks({
      hooks: config.hooks,
      uploadDir: config.uploadDir,
      concurrency: config.hookConcurrency,
      now: Date.now,
      log: (level, message) => log.event(level, message),
      env: process.env,
      kill: (pid, signal) => process.kill(pid, signal),
    });
    const store = await UploadStore.open({
      uploadDir: config.uploadDir,
      role: 'daemon',
      fsync: config.fsync,
      limits: {
        maxSize: config.maxSize,
        minFreeSpace: config.minFreeSpace,
        idleTimeout: config.idleTimeoutMs,
      },
      expiresAt: (record) => expiresAt(record, policy),
      guards: hooks.guards,
      plan: hooks.plan,
      warn: (message) => log.event('warn', message),
    });
    const daemon = new Daemon(config, log, policy, store, hooks);
    try {
      return { daemon, ready: await daemon.#open() };
    } catch (error) {
      await store.close();
      throw error;
    }
  }

  async #open(): Promise<Ready> {
    const { port, address, family } = await this.#listener.listen();
    await notePolicy(this.#store, this.#policy);
    this.#hooks.start(this.#store);
    this.#schedule.start(
      this.#config.cleanupSchedule,
      (signal) =>
        runScheduledSweep(
          this.#store,
          this.#policy,
          (level, message) => this.#log.event(level, message),
          signal,
        ),
      (error) => this.#log.bug(error),
    );
    const host = family === 'IPv6' ? `[${address}]` : address;
    return {
      url: `http://${host}:${port}${this.#config.basePath}`,
      folder: this.#store.folder,
      freeSpace: await this.#store.freeSpace(),
      policy: this.#policy,
      nextSweep: this.#schedule.nextRun(),
    };
  }

  /**
   * Drains: no new uploads, running requests get the grace period, then their bytes are kept and
   * their clients told to come back. Resolves when everything is on disk and closed.
   */
  async stop(): Promise<void> {
    const closed = this.#listener.close();
    await this.#schedule.stop();
    const { drainTimeoutMs: grace } = this.#config;
    await Promise.all([this.#store.drain(grace), this.#hooks.stop(grace)]);
    // Whoever was told to come back has a moment to read that.
    const patience = setTimeout(() => this.#listener.closeAll(), 1_000);
    await closed;
    clearTimeout(patience);
    await this.#store.close();
  }
}
