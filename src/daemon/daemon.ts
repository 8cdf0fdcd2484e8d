import { hostname } from 'node:os';
import type { Access } from '../access/access.ts';
import { compareConfigs } from '../config/compare.ts';
import type { Config } from '../config/config.ts';
import { type ConfigKey, KEYS } from '../config/keys/keys.ts';
import { Fault } from '../fault.ts';
import { createHooks, type Hooks } from '../hooks/hooks.ts';
import type { OpenAddress } from '../http/doors/address.ts';
import type { Listener } from '../http/listener.ts';
import type { Tls } from '../http/tls/tls.ts';
import { SYSTEM_METER_CLOCK } from '../limits/clock.ts';
import { meterLimits } from '../limits/general-limits.ts';
import { Meter } from '../limits/meter.ts';
import { expiresAt, type RetentionPolicy } from '../retention/policy.ts';
import { checkPattern, Schedule } from '../retention/schedule.ts';
import { notePolicy } from '../retention/served-policy.ts';
import type { Choices } from '../storage/model/events.ts';
import { isInMemory } from '../storage/model/place.ts';
import { openStore, type UploadStore } from '../storage/store.ts';
import { after } from './after.ts';
import { ASKS_LATER, openConfiguredAccess } from './configured-access.ts';
import { createListener } from './create-listener.ts';
import type { DaemonLog } from './daemon-log.ts';
import { deferred } from './deferred.ts';
import { createDeliveries, type Deliveries } from './deliveries.ts';
import { type FrontDoor, frontDoorOf, protocolsOf } from './front-door.ts';
import { collectEarlier, markOnMainThread } from './garbage-collection.ts';
import { happeningOf } from './happening.ts';
import {
  accessOf,
  choicesOf,
  limitsOf,
  listenerOptionsOf,
  policyOf,
  type Reloaded,
} from './live-options.ts';
import { Monitor } from './monitor.ts';
import { openTls, renewedFor } from './open-tls.ts';
import { type Ready, urlOf } from './ready.ts';
import { runScheduledSweep } from './scheduled-sweep.ts';
import { shownDatabase, storagePlaceOf } from './storage-place.ts';
import { createTrouble, sentenceOf } from './trouble.ts';

/** The share of the memory available at startup that in-memory uploads may use. */
const MEMORY_SHARE = 0.5;

/** How long clients may take to read their last response (milliseconds). */
const LAST_ANSWER = 500;

interface DaemonParts {
  readonly listener: Listener;
  readonly tls: Tls | null;
  readonly store: UploadStore;
  readonly hooks: Hooks;
  readonly deliveries: Deliveries;
  readonly log: DaemonLog;
  readonly monitor: Monitor;
  readonly meter: Meter;
  readonly choices: { read: Choices };
  readonly access: Access | null;
}

/** The whole program behind `serve`, built from the configuration. */
export class Daemon {
  readonly #listener: Listener;
  readonly #tls: Tls | null;
  readonly #store: UploadStore;
  readonly #hooks: Hooks;
  readonly #deliveries: Deliveries;
  readonly #log: DaemonLog;
  readonly #monitor: Monitor;
  readonly #meter: Meter;
  readonly #choices: { read: Choices };
  /** The one object that everything reads; a reload changes its properties. */
  readonly #policy: RetentionPolicy;
  readonly #access: Access | null;
  #config: Config;
  #schedule = new Schedule();

  private constructor(config: Config, policy: RetentionPolicy, parts: DaemonParts) {
    this.#config = config;
    this.#policy = policy;
    this.#listener = parts.listener;
    this.#tls = parts.tls;
    this.#store = parts.store;
    this.#hooks = parts.hooks;
    this.#access = parts.access;
    this.#deliveries = parts.deliveries;
    this.#log = parts.log;
    this.#monitor = parts.monitor;
    this.#meter = parts.meter;
    this.#choices = parts.choices;
  }

  /**
   * Opens the port first and then the storage, so that nothing is created if the port is taken.
   * Requests that arrive in between wait. `sockets` are descriptors of sockets that listen already;
   * they replace the configured addresses.
   * Throws a Fault that names the obstacle: CANNOT_LISTEN,
   * DIRECTORY_IN_USE, CATALOG_CORRUPT, CATALOG_TOO_NEW, PERMISSION or IO.
   */
  static async start(
    config: Config,
    log: DaemonLog,
    sockets: readonly number[] = [],
    version = '',
  ): Promise<{ daemon: Daemon; ready: Ready }> {
    markOnMainThread();
    if (config.storage.type === 's3') collectEarlier();
    // Files get exactly the configured modes; programs run by hooks inherit the umask.
    process.umask(0o777 & ~(config.fileMode | config.directoryMode));
    checkPattern(config.cleanupSchedule);
    const policy = policyOf(config);
    const { warn, onBug } = createTrouble(log);
    const monitor = new Monitor(config, { version, onBug });
    const hooks = createHooks({
      hooks: config.hooks,
      concurrency: config.hookConcurrency,
      storageRoot: config.storageRoot,
      now: Date.now,
      log: (level, message) => log.event(level, message),
      env: process.env,
      kill: (pid, signal) => process.kill(pid, signal),
      onAttempt: (hook, result, ms) => monitor.tally.attempt(hook, result, ms, Date.now()),
    });
    const choices = { read: choicesOf(config) };
    const { promise: front, resolve: open } = deferred<FrontDoor>();
    const findLink = async (id: string) => (await front).tus.store.link(id);
    const tls = await openTls(config, warn);
    const access = await openConfiguredAccess(config, { hooks, findLink, tls }, log, warn);
    const shared = config.storage.type === 's3';
    const meter = new Meter(meterLimits(config, access !== null), SYSTEM_METER_CLOCK, { shared });
    const protocols = protocolsOf(
      config,
      front.then(({ tus }) => tus),
    );
    const parts = { sockets, tls, protocols, front, log, monitor, access, warn, onBug };
    const listener = createListener(config, parts);
    const deliveries = await createDeliveries(config, warn);
    const addresses = await listener.listen();
    let store: UploadStore | undefined;
    try {
      const admin = await monitor.listen();
      store = await openStore({
        about: { host: hostname(), pid: process.pid, version, startedAt: Date.now() },
        ...storagePlaceOf(config),
        memoryLimit: Math.floor(process.availableMemory() * MEMORY_SHARE),
        fsync: config.fsync,
        access: accessOf(config),
        limits: limitsOf(config),
        expiresAt: (record) => expiresAt(record, policy),
        endsAtLength: ({ origin }) =>
          protocols.find(({ name }) => name === origin.protocol)?.endsAtLength ?? true,
        guards: access ? access.withRules(hooks.guards) : hooks.guards,
        metering: meter,
        choices: (metadata, now) => choices.read(metadata, now),
        plan: hooks.plan,
        rules: deliveries.engine,
        warn,
      });
      await notePolicy(store, policy);
      const parts = {
        ...{ listener, tls, store, hooks, deliveries },
        ...{ log, monitor, meter, choices, access },
      };
      const daemon = new Daemon(config, policy, parts);
      store.onChange((change) => {
        monitor.changed(change);
        const happening = happeningOf(change);
        if (happening) log.happened('info', happening);
      });
      await hooks.start(store);
      await deliveries.start(store);
      daemon.#startSchedule();
      open(frontDoorOf(config, { store, policy, meter, warn }));
      const nextSweep = () => daemon.#schedule.nextRun();
      monitor.serve({ store, policy: () => policy, nextSweep, deliveries });
      return { daemon, ready: await daemon.#ready(addresses, admin) };
    } catch (error) {
      listener.closeAll();
      await Promise.all([listener.close(), store?.close(), monitor.close()]);
      throw error;
    }
  }

  #startSchedule(): void {
    const log = this.#log;
    this.#schedule.start(
      this.#config.cleanupSchedule,
      (signal) => {
        const sweep = () => runScheduledSweep(this.#store, this.#policy, log, signal);
        return this.#monitor.sweeps.run(sweep);
      },
      (error) => {
        if (error instanceof Fault) log.event('error', `sweep: ${sentenceOf(error)}`);
        else log.bug(error);
      },
    );
  }

  async #ready(addresses: readonly OpenAddress[], admin: string | null): Promise<Ready> {
    const [url = '', ...moreUrls] = addresses.map((one) =>
      urlOf(one, this.#config.basePath, this.#tls !== null),
    );
    return {
      url,
      moreUrls,
      folder: this.#store.place,
      database: shownDatabase(this.#config),
      persistent: !isInMemory(this.#store.place),
      freeSpace: await this.#store.room(),
      policy: this.#policy,
      nextSweep: this.#schedule.nextRun(),
      admin,
    };
  }

  /**
   * Puts a new configuration in force, as far as that is possible without a restart. What is running
   * goes on as it began. Throws CONFIG or IO, and then nothing has changed.
   */
  async reload(next: Config): Promise<Reloaded> {
    checkPattern(next.cleanupSchedule);
    const { config, changed, needRestart } = compareConfigs(KEYS, this.#config, next);
    const renewed = await renewedFor(this.#tls, config, (sentence) =>
      this.#log.event('warn', sentence),
    );
    const changes = (...names: ConfigKey[]) => names.some((name) => changed.includes(name));
    if (changes('retentionDays', 'completedRetentionDays')) {
      await notePolicy(this.#store, policyOf(config));
    }
    await this.#meter.configure(meterLimits(config, this.#access !== null));
    if (renewed) this.#tls?.use(renewed.certificates, renewed.trust);
    this.#access?.reconfigure(config);
    this.#config = config;
    this.#monitor.config = config;
    Object.assign(this.#policy, policyOf(config));
    this.#store.setLimits(limitsOf(config));
    this.#choices.read = choicesOf(config);
    const front = frontDoorOf(config, {
      store: this.#store,
      policy: this.#policy,
      meter: this.#meter,
      warn: (message) => this.#log.event('warn', message),
    });
    this.#listener.reconfigure({
      ...listenerOptionsOf(config),
      protocols: protocolsOf(config, Promise.resolve(front.tus)),
      download: config.disableDownload ? null : front.download,
    });
    if (changes('hooks', 'hookConcurrency')) {
      this.#hooks.replace(config.hooks, config.hookConcurrency);
      if (!this.#access && this.#hooks.askForAccess) this.#log.event('warn', ASKS_LATER);
    }
    if (changes('cleanupSchedule')) {
      await this.#schedule.stop();
      this.#schedule = new Schedule();
      this.#startSchedule();
    }
    return { config, changed, needRestart };
  }

  /**
   * Drains: refuses new requests and gives running uploads, downloads and hooks the grace period;
   * then closes their connections and keeps the received bytes. Resolves when everything is on disk
   * and closed.
   */
  async stop(): Promise<void> {
    const { drainTimeoutMs: grace } = this.#config;
    this.#monitor.drain();
    let closed = false;
    const closing = this.#listener.close().then(() => {
      closed = true;
    });
    const graceEnds = after(grace);
    await Promise.all([
      this.#schedule.stop(),
      this.#store.drain(grace),
      this.#hooks.stop(grace),
      this.#deliveries.stop(grace),
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
    await this.#monitor.close();
  }
}
