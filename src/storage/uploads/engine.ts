import { EventEmitter } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import { fileFault, messageOf } from '../../fault.ts';
import type { Bytes } from '../bytes/bytes.ts';
import type { Catalog } from '../catalog/catalog.ts';
import type { DeliveryPlanner, Guards, StorageEvent } from '../model/events.ts';
import type { UploadRecord } from '../model/upload.ts';
import { stopping } from './admission.ts';
import { DEFAULT_LIMITS, type StoreContext, type StoreLimits } from './context.ts';
import { Durability, type FsyncMode } from './durability.ts';
import { joinFinalsOf } from './join.ts';
import { RunningWork } from './running-work.ts';
import { Serving, type ServingOptions } from './serving.ts';
import { WriterQueue } from './writer-queue.ts';

export interface EngineOptions {
  readonly fsync?: FsyncMode;
  readonly limits?: Partial<StoreLimits>;
  readonly expiresAt?: (record: UploadRecord) => number | null;
  /**
   * Whether an upload that a start finds with all of its length is complete; true if not given.
   * false for a protocol whose requests say themselves which one is the last.
   */
  readonly endsAtLength?: (record: UploadRecord) => boolean;
  readonly guards?: Guards;
  readonly plan?: DeliveryPlanner;
  /** Milliseconds since the epoch. */
  readonly now?: () => number;
  readonly warn?: (message: string) => void;
}

/** What runs the life of uploads over any catalog and any store of bytes. */
export class Engine {
  readonly context: StoreContext;
  readonly #events = new EventEmitter<{ change: [StorageEvent] }>();
  readonly #work: RunningWork;
  #serving: Serving | undefined;
  #closed: Promise<void> | undefined;

  constructor(catalog: Catalog, bytes: Bytes, options: EngineOptions = {}) {
    const now = options.now ?? Date.now;
    const warn = options.warn ?? (() => {});
    const work = new RunningWork(warn, () => this.context.draining);
    this.#work = work;
    this.context = {
      catalog,
      bytes,
      durability: new Durability(options.fsync ?? 'completed', catalog),
      writers: new WriterQueue(now),
      active: new Map(),
      pumps: new Set(),
      leftBehind: new Set(),
      limits: { ...DEFAULT_LIMITS, ...options.limits },
      guards: options.guards ?? {},
      plan: (event) => options.plan?.(event, bytes.locate(event.record)) ?? [],
      expiresAt: options.expiresAt ?? (() => null),
      endsAtLength: options.endsAtLength ?? (() => true),
      now,
      emit: (event) => this.#changed(event),
      background: (promise) => work.background(promise),
      warn,
      draining: false,
      ending: false,
    };
  }

  /** Reconciles records with bytes and begins the upkeep. Resolves when uploads may be taken. */
  async serve(options: ServingOptions): Promise<void> {
    this.#serving = await Serving.start(this.context, options);
  }

  /** Calls back with every change that was committed, and with progress. */
  onChange(listener: (event: StorageEvent) => void): void {
    this.#events.on('change', listener);
  }

  /** Does an operation's work; what the disk throws gets a sentence. */
  readonly run = async <T>(operation: () => Promise<T>): Promise<T> => {
    if (this.#closed) throw stopping();
    try {
      return await this.#work.operation(operation());
    } catch (error) {
      throw fileFault(error, 'working on an upload');
    }
  };

  /**
   * Takes no more; lets what is under way go on for `grace` milliseconds, then keeps the bytes that
   * have come. Resolves when every operation is over.
   */
  async drain(grace: number): Promise<void> {
    const { context } = this;
    context.draining = true;
    const ends = performance.now() + grace;
    while (this.#work.busy && performance.now() < ends) await pause(50);
    context.ending = true;
    while (this.#work.busy) {
      // Again and again: a request may have been about to read its first byte.
      for (const pump of context.pumps) pump.stop('draining');
      await pause(10);
    }
  }

  /** Lets what is under way end, keeping the bytes that have come, and closes catalog and bytes. */
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
      await catalog.leave();
    } catch (error) {
      // On a full disk, for one: the leases count for no longer than the last heartbeat.
      warn(messageOf(error));
    }
    bytes.close();
    await catalog.close();
  }

  #changed(event: StorageEvent): void {
    // What happened is committed: no listener can make it fail any more.
    try {
      if (event.type === 'finished' && event.record.kind === 'partial') {
        this.context.background(joinFinalsOf(this.context, event.record.id));
      }
      this.#events.emit('change', event);
    } catch (error) {
      this.context.warn(messageOf(error));
    }
  }
}
