import type { AddressInfo } from 'node:net';
import type { Access } from '../access/access.ts';
import type { Config } from '../config/config.ts';
import { Fault } from '../fault.ts';
import { createHooks, type Hooks } from '../hooks/hooks.ts';
import { readBodiesDirectly } from '../http/direct-body/self-test.ts';
import { notingAborts } from '../http/download/aborted-download.ts';
import { assertConditions } from '../http/download/conditions.ts';
import { createDownload } from '../http/download/download.ts';
import { Listener } from '../http/listener.ts';
import { assertPlainBody } from '../http/plain-body.ts';
import { createMeter } from '../limits/create-meter.ts';
import type { Meter } from '../limits/meter.ts';
import { paceOf } from '../limits/pace.ts';
import type { Exchange, ExchangeHandler } from '../protocol/exchange.ts';
import type { Protocol } from '../protocol/protocol.ts';
import type { TusOptions } from '../protocol/tus/context.ts';
import { createTus } from '../protocol/tus/tus.ts';
import { clientChoices } from '../retention/client-choice.ts';
import { expiresAt, type RetentionPolicy } from '../retention/policy.ts';
import { checkPattern, Schedule } from '../retention/schedule.ts';
import { notePolicy } from '../retention/served-policy.ts';
import { isInMemory } from '../storage/model/place.ts';
import { openStore, type UploadStore } from '../storage/store.ts';
import { openConfiguredAccess } from './configured-access.ts';
import type { DaemonLog } from './daemon-log.ts';
import { markOnMainThread } from './garbage-collection.ts';
import { finishOf } from './happening.ts';
import { createRareLog } from './rare-log.ts';
import { runScheduledSweep } from './scheduled-sweep.ts';

/** The facts to report once the port is open. */
export interface Ready {
  /** The base path's URL on this machine. */
  readonly url: string;
  /** Where the data files are: an absolute path, or ":memory:". */
  readonly folder: string;
  /** false if uploads are lost when the daemon ends. */
  readonly persistent: boolean;
  readonly freeSpace: number;
  readonly policy: RetentionPolicy;
  /** null when the schedule is off. */
  readonly nextSweep: Date | null;
}

/** The share of the memory available at startup that in-memory uploads may use. */
const MEMORY_SHARE = 0.5;

/** How long clients may take to read their last response (milliseconds). */
const LAST_ANSWER = 500;

/** The whole program behind `serve`, built from the configuration. */
export class Daemon {
  readonly #config: Config;
  readonly #listener: Listener;
  readonly #store: UploadStore;
  readonly #hooks: Hooks;
  readonly #schedule: Schedule;
  readonly #access: Access | null;

  private constructor(
    config: Config,
    listener: Listener,
    store: UploadStore,
    hooks: Hooks,
    access: Access | null,
  ) {
    this.#access = access;
    this.#config = config;
    this.#listener = listener;
    this.#store = store;
    this.#hooks = hooks;
    this.#schedule = new Schedule();
  }

  /**
   * Opens the port first and then the storage, so that nothing is created if the port is taken.
   * Requests that arrive in between wait. Throws a Fault that names the obstacle: CANNOT_LISTEN,
   * DIRECTORY_IN_USE, CATALOG_CORRUPT, CATALOG_TOO_NEW, PERMISSION or IO.
   */
  static async start(config: Config, log: DaemonLog): Promise<{ daemon: Daemon; ready: Ready }> {
    markOnMainThread();
    // Files get exactly the configured modes; programs run by hooks inherit the umask.
    process.umask(0o777 & ~(config.fileMode | config.directoryMode));
    checkPattern(config.cleanupSchedule);
    const policy = { unfinishedFor: config.retentionMs, finishedFor: config.completedRetentionMs };
    const trouble = createRareLog((level, message) => log.event(level, message), Date.now);
    const warn = (message: string) => trouble('warn', message);
    const hooks = createHooks({
      hooks: config.hooks,
      concurrency: config.hookConcurrency,
      now: Date.now,
      log: (level, message) => log.event(level, message),
      env: process.env,
      kill: (pid, signal) => process.kill(pid, signal),
    });
    const meter = createMeter(config, config.auth !== null);
    let open: (front: FrontDoor) => void = () => {};
    const front = new Promise<FrontDoor>((resolve) => {
      open = resolve;
    });
    const access = await openConfiguredAccess(
      config,
      {
        askForAccess: hooks.askForAccess,
        findLink: async (id) => (await front).tus.store.link(id),
      },
      log,
      warn,
    );
    const protocols = protocolsOf(
      config,
      front.then(({ tus }) => tus),
    );
    const listener = new Listener({
      port: config.port,
      host: config.host,
      basePath: config.basePath,
      publicUrl: config.publicUrl,
      corsOrigins: config.corsOrigins,
      trustedProxies: config.trustedProxies,
      headersTimeout: config.headersTimeoutMs,
      maxConnections: config.maxConnections,
      protocols,
      prepare: async (server) => {
        const { directBodies } = config;
        if (directBodies === null || (await readBodiesDirectly(server, directBodies))) return;
        warn('large bodies cannot be read directly on this Node: uploads are slower');
      },
      download: config.disableDownload
        ? null
        : async (exchange) => (await front).download(exchange),
      admission: access,
      onRequest: (record) => log.request(record),
      onTurnedAway: (count) => {
        const what = count === 1 ? 'a connection was' : `${count} connections were`;
        warn(`${what} turned away: ${config.maxConnections} are open (maxConnections)`);
      },
      onMoreRefused: (count) =>
        warn(`${count} more connections sent no valid request in the last minute`),
      onForwardedIgnored: (peer) =>
        warn(
          `the forwarded headers of ${peer} are ignored; if it is your proxy, name it in trustedProxies`,
        ),
      onBug: (error) => {
        // A failing disk is not a bug, and may fail every request.
        if (error instanceof Fault) trouble('error', sentenceOf(error));
        else log.bug(error);
      },
      onTrouble: warn,
      now: Date.now,
    });
    const address = await listener.listen();
    let store: UploadStore | undefined;
    try {
      store = await openStore({
        uploadDir: config.uploadDir,
        memoryLimit: Math.floor(process.availableMemory() * MEMORY_SHARE),
        fsync: config.fsync,
        access: {
          fileMode: config.fileMode,
          directoryMode: config.directoryMode,
          group: config.fileGroup,
        },
        limits: {
          maxSize: config.maxSize,
          minFreeSpace: config.minFreeSpace,
          idleTimeout: config.idleTimeoutMs,
        },
        expiresAt: (record) => expiresAt(record, policy),
        endsAtLength: ({ origin }) =>
          protocols.find(({ name }) => name === origin.protocol)?.endsAtLength ?? true,
        guards: access ? access.withRules(hooks.guards) : hooks.guards,
        metering: meter,
        choices: clientChoices({
          longestExpiry: config.clientExpiryMs,
          downloads: config.clientDownloads,
        }),
        plan: hooks.plan,
        warn,
      });
      await notePolicy(store, policy);
      const daemon = new Daemon(config, listener, store, hooks, access);
      store.onChange((change) => {
        const finish = finishOf(change);
        if (finish) log.happened('info', finish);
      });
      await hooks.start(store);
      daemon.#startSchedule(store, policy, log);
      open(frontDoorOf(config, store, policy, meter));
      return { daemon, ready: await daemon.#ready(address, policy) };
    } catch (error) {
      listener.closeAll();
      await Promise.all([listener.close(), store?.close()]);
      throw error;
    }
  }

  #startSchedule(store: UploadStore, policy: RetentionPolicy, log: DaemonLog): void {
    this.#schedule.start(
      this.#config.cleanupSchedule,
      (signal) => runScheduledSweep(store, policy, log, signal),
      (error) => {
        if (error instanceof Fault) log.event('error', `sweep: ${sentenceOf(error)}`);
        else log.bug(error);
      },
    );
  }

  async #ready({ port, address, family }: AddressInfo, policy: RetentionPolicy): Promise<Ready> {
    const host = family === 'IPv6' ? `[${address}]` : address;
    return {
      url: `http://${host}:${port}${this.#config.basePath}`,
      folder: this.#store.place,
      persistent: !isInMemory(this.#store.place),
      freeSpace: await this.#store.room(),
      policy,
      nextSweep: this.#schedule.nextRun(),
    };
  }

  /**
   * Drains: refuses new requests and gives running uploads, downloads and hooks the grace period;
   * then closes their connections and keeps the received bytes. Resolves when everything is on disk
   * and closed.
   */
  async stop(): Promise<void> {
    const { drainTimeoutMs: grace } = this.#config;
    let closed = false;
    const closing = this.#listener.close().then(() => {
      closed = true;
    });
    const graceEnds = after(grace);
    await Promise.all([
      this.#schedule.stop(),
      this.#store.drain(grace),
      this.#hooks.stop(grace),
      Promise.race([closing, graceEnds.promise]),
    ]);
    graceEnds.clear();
    if (!closed) {
      const lastAnswer = after(LAST_ANSWER);
      await Promise.race([closing, lastAnswer.promise]);
      lastAnswer.clear();
      this.#listener.closeAll();
    }
    await closing;
    this.#access?.stop();
    await this.#store.close();
  }
}

function protocolsOf(config: Config, tus: Promise<TusOptions>): [Protocol, ...Protocol[]] {
  const offered = { download: !config.disableDownload, termination: !config.disableTermination };
  return [createTus(offered, tus)];
}

/** The parts that serve requests, available once the storage is open. */
interface FrontDoor {
  readonly tus: TusOptions;
  readonly download: ExchangeHandler;
}

function frontDoorOf(
  config: Config,
  store: UploadStore,
  policy: RetentionPolicy,
  meter: Meter | undefined,
): FrontDoor {
  const { idleTimeoutMs: idleTimeout } = config;
  const pace = meter && (({ caller }: Exchange) => paceOf(meter.shareOf(caller)));
  const download = notingAborts(createDownload(store, { idleTimeout, pace }));
  const tus: TusOptions = {
    store,
    basePath: config.basePath,
    publicUrl: config.publicUrl,
    maxSize: config.maxSize,
    expires: policy.unfinishedFor !== null || config.clientExpiryMs !== null,
    expiresAt: (record) => expiresAt(record, policy),
    termination: !config.disableTermination,
    download: config.disableDownload ? null : download,
    assertPlainBody,
    assertConditions,
  };
  return { tus, download };
}

function sentenceOf({ message, hint }: Fault): string {
  return hint === undefined ? message : `${message}. ${hint}`;
}

function after(milliseconds: number): { readonly promise: Promise<void>; clear(): void } {
  let timer: NodeJS.Timeout | undefined;
  const promise = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, milliseconds);
  });
  return { promise, clear: () => clearTimeout(timer) };
}
