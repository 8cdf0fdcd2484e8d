import { EventEmitter } from 'node:events';
import { fileFault, messageOf } from '../../fault.ts';
import type { Bytes } from '../bytes/bytes.ts';
import type { Catalog } from '../catalog/catalog.ts';
import type { ProcessReport } from '../catalog/processes.ts';
import type { EngineRules } from '../model/engine-rules.ts';
import type { Choices, DeliveryPlanner, Guards, StorageEvent } from '../model/events.ts';
import type { Metering } from '../model/metering.ts';
import type { UploadRecord } from '../model/upload.ts';
import { stopping } from './admission.ts';
import { type Clock, pause, SYSTEM_CLOCK } from './clock.ts';
import { DEFAULT_LIMITS, type StoreContext, type StoreLimits } from './context.ts';
import { Durability, type FsyncMode } from './durability.ts';
import { joinFinalsOf } from './making/join.ts';
import { pathOf } from './placed.ts';
import { RunningWork } from './running-work.ts';
import { Serving, type ServingOptions } from './upkeep/serving.ts';
import { WriterQueue } from './writing/writer-queue.ts';

export interface EngineOptions {
  readonly fsync?: FsyncMode;
  readonly limits?: Partial<StoreLimits>;
  readonly expiresAt?: (record: UploadRecord) => number | null;
  /**
   * Whether an upload that has its full length at start is complete; default true. false for a protocol
   * whose requests mark the last one themselves.
   */
  readonly endsAtLength?: (record: UploadRecord) => boolean;
  readonly guards?: Guards;
  readonly choices?: Choices;
  readonly metering?: Metering | undefined;
  readonly plan?: DeliveryPlanner;
  /** The rules that deliver finished uploads; by default none. */
  readonly rules?: EngineRules;
  /** Milliseconds since the epoch; defaults to the clock's time. */
  readonly now?: () => number;
  /** Defaults to the clock of this machine. */
  readonly clock?: Clock;
  readonly warn?: (message: string) => void;
  /** What this process tells others about itself. */
  readonly about?: Omit<ProcessReport, 'receiving'>;
}

const NO_CHOICE = { expiresAt: null, downloadsLeft: null };

/** Runs uploads over any catalog and any store of bytes. */
export class Engine {
  readonly context: StoreContext;
  readonly #events = new EventEmitter<{ change: [StorageEvent] }>();
  readonly #work: RunningWork;
  readonly #metering: Metering | undefined;
  #serving: Serving | undefined;
  #closed: Promise<void> | undefined;

  constructor(catalog: Catalog, bytes: Bytes, options: EngineOptions = {}) {
    const system = options.clock ?? SYSTEM_CLOCK;
    const clock: Clock = { ...system, ...(options.now ? { now: options.now } : {}) };
    const now = () => clock.now();
    const warn = options.warn ?? (() => {});
    const work = new RunningWork(warn, () => this.context.draining);
    this.#work = work;
    this.#metering = options.metering;
    this.context = {
      catalog,
      bytes,
      durability: new Durability(options.fsync ?? 'completed', catalog, bytes),
      writers: new WriterQueue(clock),
      active: new Map(),
      received: { direct: 0, stream: 0 },
      pumps: new Set(),
      leftBehind: new Set(),
      unremoved: new Map(),
      unreleased: new Set(),
      kept: new Map(),
      about: options.about ?? { host: '', pid: 0, version: '', startedAt: clock.now() },
      afterReboot: new Set(),
      wholeRequests: 0,
      limits: { ...DEFAULT_LIMITS, ...options.limits },
      guards: options.guards ?? {},
      choices: options.choices ?? (() => NO_CHOICE),
      metering: () => (options.metering?.active ? options.metering : undefined),
      plan: (event) => options.plan?.(event, pathOf({ bytes }, event.record)) ?? [],
      rules: options.rules ?? {},
      expiresAt: options.expiresAt ?? (() => null),
      clock,
      endsAtLength: options.endsAtLength ?? (() => true),
      now,
      emit: (event) => this.#changed(event),
      background: (promise) => work.background(promise),
      warn,
      draining: false,
      ending: false,
    };
  }

  /**
   * Reconciles records with bytes and starts the periodic work. Resolves when uploads may be accepted.
   */
  async serve(options: ServingOptions): Promise<void> {
    const { catalog, writers } = this.context;
    catalog.onAsked((id, urgent) => writers.askedFor(id, urgent));
    this.#serving = await Serving.start(this.context, { ...options, metering: this.#metering });
  }

  /** Calls back with every change that was committed, and with progress. */
  onChange(listener: (event: StorageEvent) => void): void {
    this.#events.on('change', listener);
  }

  /** Runs an operation; turns disk errors into Faults. */
  readonly run = async <T>(operation: () => Promise<T>): Promise<T> => {
    if (this.#closed) throw stopping();
    try {
      return await this.#work.operation(operation());
    } catch (error) {
      throw fileFault(error, 'working on an upload');
    }
  };

  /**
   * Starts no more uploads or appends, lets running ones go on for `grace` milliseconds, then ends them and
   * keeps the bytes received. Resolves when every operation has ended.
   */
  async drain(grace: number): Promise<void> {
    const { context } = this;
    const { clock } = context;
    context.draining = true;
    let over = grace <= 0;
    const timer = clock.setTimeout(() => {
      over = true;
    }, grace);
    while (this.#work.busy && !over) await pause(clock, 50);
    clock.clearTimeout(timer);
    context.ending = true;
    while (this.#work.busy) {
      // Repeatedly: a request may have been about to read its first byte.
      for (const pump of context.pumps) pump.stop('draining');
      await pause(clock, 10);
    }
  }

  /** Ends running operations, keeps the bytes received, and closes catalog and bytes. */
  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    const { catalog, bytes, warn } = this.context;
    await this.drain(0);
    await this.#work.backgroundEnded();
    this.#serving?.stop();
    try {
      await this.#metering?.flush();
      await catalog.leave();
    } catch (error) {
      // On a full disk, for example: the leases expire when the last heartbeat is too old.
      warn(messageOf(error));
    }
    bytes.close();
    await catalog.close();
  }

  #changed(event: StorageEvent): void {
    // The change is committed: a failing listener cannot undo it.
    try {
      this.context.metering()?.changed(event);
      if (event.type === 'finished' && event.record.kind === 'partial') {
        this.context.background(joinFinalsOf(this.context, event.record.id));
      }
      this.#events.emit('change', event);
    } catch (error) {
      this.context.warn(messageOf(error));
    }
  }
}
