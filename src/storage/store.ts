import { EventEmitter } from 'node:events';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { fileFault } from '../fault.ts';
import { assertThere, currentOffset } from './access.ts';
import { type AppendOutcome, type AppendRequest, appendBody } from './append.ts';
import { bootId } from './boot-id.ts';
import { Catalog } from './catalog.ts';
import { DEFAULT_LIMITS, type StoreLimits } from './context.ts';
import { createUpload, type FirstBytes } from './create.ts';
import { DataFiles } from './data-files.ts';
import { Durability, type FsyncMode } from './durability.ts';
import type { Answer, DeliveryPlanner, Guards, StorageEvent } from './events.ts';
import { concatenate, joinFinalsOf } from './join.ts';
import type { OwnerRole } from './leases-table.ts';
import type { CreateRequest } from './new-upload.ts';
import { removeOrphanFile } from './orphans.ts';
import { recordProgress } from './progress.ts';
import { finishIfComplete, reconcileAtStart } from './recover.ts';
import { completeRemoval, type Removal, removeCondemned, terminate } from './remove.ts';
import { ServingLock } from './serving-lock.ts';
import { StoreReader } from './store-reader.ts';
import type { Caller, RemovalReason, UploadRecord } from './upload.ts';
import type { StoredUpload } from './uploads-table.ts';
import { WriterQueue } from './writer-queue.ts';

export interface StoreOptions {
  readonly uploadDir: string;
  /** daemon: serves uploads, one per directory. command: reads and removes beside it. */
  readonly role: OwnerRole;
  readonly fsync?: FsyncMode;
  readonly limits?: Partial<StoreLimits>;
  readonly expiresAt?: (record: UploadRecord) => number | null;
  readonly guards?: Guards;
  readonly plan?: DeliveryPlanner;
  readonly now?: () => number;
  readonly warn?: (message: string) => void;
}

/** An upload as it is now: the record, and what only the disk and this process know. */
export interface FoundUpload {
  readonly record: StoredUpload;
  /** What the next append must name; null while a final upload is not joined. */
  readonly offset: number | null;
  /** Milliseconds since the epoch; null for never. */
  readonly expiresAt: number | null;
}

const HEARTBEAT = 5_000;
/** How often the progress of running requests is recorded (milliseconds). */
const PROGRESS = 1_000;
/** Memories that one transaction drops. */
const FORGET_AT_ONCE = 100;

/**
 * The one storage module: data files, catalog and leases of one upload directory. Every command and
 * every protocol works through it; nothing of SQLite or of a protocol shows in it.
 */
export class UploadStore extends StoreReader {
  readonly #events = new EventEmitter<{ change: [StorageEvent] }>();
  readonly #background = new Set<Promise<unknown>>();
  readonly #timers: NodeJS.Timeout[] = [];
  #servingLock: ServingLock | undefined;
  #checkpoints: Worker | undefined;
  readonly role: OwnerRole;

  private constructor(options: StoreOptions, catalog: Catalog, files: DataFiles) {
    const now = options.now ?? Date.now;
    super({
      catalog,
      files,
      durability: new Durability(options.fsync ?? 'completed', files.folder, `${catalog.file}-wal`),
      writers: new WriterQueue(now),
      active: new Map(),
      limits: { ...DEFAULT_LIMITS, ...options.limits },
      guards: options.guards ?? {},
      plan: options.plan ?? (() => []),
      expiresAt: options.expiresAt ?? (() => null),
      now,
      emit: (event) => this.#changed(event),
      background: (work) => this.#inBackground(work),
      warn: options.warn ?? (() => {}),
      draining: false,
    });
    this.role = options.role;
  }

  /**
   * Opens an upload directory. A daemon makes what is missing, refuses to share the directory with
   * another daemon (DIRECTORY_IN_USE) and reconciles records with files before this resolves.
   * Throws CATALOG_CORRUPT, CATALOG_TOO_NEW, PERMISSION or IO.
   */
  static async open(options: StoreOptions): Promise<UploadStore> {
    const daemon = options.role === 'daemon';
    const files = new DataFiles(options.uploadDir);
    if (daemon) {
      try {
        mkdirSync(options.uploadDir, { recursive: true, mode: 0o750 });
      } catch (error) {
        throw fileFault(error, `making the upload directory ${options.uploadDir}`);
      }
      files.makeFolder();
    }
    const lock = daemon ? ServingLock.take(join(options.uploadDir, 'serving.lock')) : undefined;
    let store: UploadStore | undefined;
    try {
      const catalog = new Catalog(options.uploadDir, {
        autoCheckpoint: !daemon,
        mustExist: !daemon,
      });
      store = new UploadStore(options, catalog, files);
      store.#servingLock = lock;
      if (daemon) await store.#serve();
      return store;
    } catch (error) {
      if (store) await store.close();
      else lock?.release();
      throw error;
    }
  }

  async #serve(): Promise<void> {
    const { catalog } = this.context;
    const boot = bootId();
    const rebooted = boot === null || catalog.getMeta('boot') !== boot;
    catalog.beat('daemon', this.context.now());
    await reconcileAtStart(this.context, rebooted);
    if (boot !== null) catalog.write(() => catalog.setMeta('boot', boot));
    this.#every(HEARTBEAT, () => catalog.beat('daemon', this.context.now()));
    this.#every(PROGRESS, () => recordProgress(this.context));
    this.#checkpoints = new Worker(new URL('./checkpoint-worker.js', import.meta.url), {
      workerData: { file: catalog.file },
    });
    this.#checkpoints.unref();
    // Without it the log grows; nothing is lost, and closing the catalog moves it all.
    this.#checkpoints.on('error', (error) => this.context.warn(`checkpoints stopped: ${error}`));
  }

  /** Hears of every change that was committed, and of progress. */
  onChange(listener: (event: StorageEvent) => void): void {
    this.#events.on('change', listener);
  }

  /** Throws NOT_FOUND, or GONE while the removal is remembered. Never disturbs a writer. */
  async find(id: string): Promise<FoundUpload> {
    const context = this.context;
    const record = context.catalog.read(() => context.catalog.uploads.get(id));
    assertThere(context, record);
    const unjoined = record.kind === 'final' && record.state !== 'finished';
    const offset = unjoined ? null : currentOffset(context, record);
    if (offset !== null && record.state === 'receiving' && offset === record.length) {
      // All bytes are there, yet nobody recorded the finish: whoever wrote them is gone.
      if (this.role === 'daemon' && !context.active.has(id)) {
        context.background(finishIfComplete(context, id));
      }
    }
    return { record, offset, expiresAt: context.expiresAt(record) };
  }

  /** Makes an upload, and receives the first bytes when the request brings some. */
  async create(request: CreateRequest, body?: FirstBytes): Promise<AppendOutcome> {
    return createUpload(this.context, request, body);
  }

  /**
   * Appends a request's body. Throws NOT_FOUND, GONE, FORBIDDEN, LOCKED, CONFLICT, TOO_LARGE,
   * BAD_REQUEST or NO_SPACE, and then nothing was changed. What was received before a client
   * vanished is kept, unless the request counts as a whole.
   */
  async append(id: string, request: AppendRequest): Promise<AppendOutcome> {
    return appendBody(this.context, id, request);
  }

  /**
   * Makes a final upload of finished or unfinished parts. When all are finished it is joined before
   * this resolves; otherwise when the last part is. Throws BAD_REQUEST for a part that is not one.
   */
  async concatenate(request: CreateRequest & { parts: readonly string[] }): Promise<FoundUpload> {
    return this.find(await concatenate(this.context, request));
  }

  /** Removes an upload on a client's or a sysadmin's word, taking over from its writer. */
  async terminate(
    id: string,
    caller: Caller,
    options: { why?: RemovalReason; signal?: () => AbortSignal } = {},
  ): Promise<Removal> {
    return terminate(this.context, id, caller, { why: 'terminated', ...options });
  }

  /** Ends a running request and removes its upload (a hook asked for it). */
  async stop(id: string, answer: Answer): Promise<void> {
    const active = this.context.active.get(id);
    if (!active) return;
    active.stopped = answer;
    active.pump.stop('stopped');
    await this.terminate(id, active.caller, { why: 'stopped' });
  }

  /** Removes what a policy has condemned; undefined when it is kept because somebody needs it. */
  async removeCondemned(
    id: string,
    why: RemovalReason,
    caller: Caller,
    condemned: (record: UploadRecord) => boolean,
  ): Promise<Removal | undefined> {
    return removeCondemned(this.context, id, why, caller, condemned);
  }

  /** Ends such a removal; may run beside the process that began it. */
  async completeRemoval(record: StoredUpload): Promise<Removal> {
    return completeRemoval(this.context, record);
  }

  /** Removes a file without a record; null when it is kept (see orphans.ts). */
  async removeOrphanFile(name: string, olderThan: number): Promise<number | null> {
    return removeOrphanFile(this.context, name, olderThan);
  }

  /**
   * Forgets uploads that were removed, and events that were delivered, before these moments
   * (milliseconds since the epoch). Returns how many uploads.
   */
  async forget(removedBefore: number, deliveredBefore = removedBefore): Promise<number> {
    const { catalog } = this.context;
    while (
      catalog.read(() => catalog.outbox.forgetDone(deliveredBefore, FORGET_AT_ONCE)) ===
      FORGET_AT_ONCE
    ) {
      await pause(0);
    }
    const seqs = catalog.queries.removedBefore(removedBefore);
    for (let index = 0; index < seqs.length; index += FORGET_AT_ONCE) {
      catalog.write(() => {
        for (const seq of seqs.slice(index, index + FORGET_AT_ONCE)) catalog.uploads.delete(seq);
      });
      // A daemon serves in between.
      await pause(0);
    }
    return seqs.length;
  }

  async setNote(key: string, value: string): Promise<void> {
    const { catalog } = this.context;
    catalog.write(() => catalog.setMeta(key, value));
  }

  /** Takes no more; lets running requests go on for `grace` milliseconds, then keeps what they have. */
  async drain(grace: number): Promise<void> {
    const context = this.context;
    context.draining = true;
    const ends = performance.now() + grace;
    while (context.active.size > 0 && performance.now() < ends) await pause(50);
    for (const active of context.active.values()) active.pump.stop('draining');
    while (context.active.size > 0) await pause(10);
  }

  /** Lets background work end and closes every file. */
  async close(): Promise<void> {
    const { catalog, durability } = this.context;
    for (const timer of this.#timers) clearInterval(timer);
    while (this.#background.size > 0) await Promise.all(this.#background);
    await this.#checkpoints?.terminate();
    if (this.role === 'daemon') catalog.write(() => catalog.leases.leave(catalog.owner));
    durability.close();
    catalog.close();
    this.#servingLock?.release();
  }

  #changed(event: StorageEvent): void {
    if (event.type === 'finished' && event.record.kind === 'partial') {
      joinFinalsOf(this.context, event.record.id);
    }
    this.#events.emit('change', event);
  }

  #every(milliseconds: number, run: () => void): void {
    const timer = setInterval(() => {
      try {
        run();
      } catch (error) {
        this.context.warn(error instanceof Error ? error.message : String(error));
      }
    }, milliseconds);
    timer.unref();
    this.#timers.push(timer);
  }

  #inBackground(work: Promise<unknown>): void {
    const settled = work
      .catch((error) => this.context.warn(error instanceof Error ? error.message : String(error)))
      .finally(() => this.#background.delete(settled));
    this.#background.add(settled);
  }
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
