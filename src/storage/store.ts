import { EventEmitter } from 'node:events';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { Fault, fileFault } from '../fault.ts';
import { assertThere, currentOffset } from './access.ts';
import { stopping } from './admission.ts';
import { type AppendOutcome, appendBody } from './append.ts';
import { Catalog, catalogFile } from './catalog.ts';
import { DEFAULT_LIMITS, type StoreLimits } from './context.ts';
import { createUpload, type FirstBytes } from './create.ts';
import { DataFiles } from './data-files.ts';
import { catalogFault } from './database.ts';
import { Durability, type FsyncMode } from './durability.ts';
import type { Answer, DeliveryPlanner, Guards, StorageEvent } from './events.ts';
import { forget } from './forget.ts';
import { concatenate, joinFinalsOf } from './join.ts';
import type { OwnerRole } from './leases-table.ts';
import type { CreateRequest } from './new-upload.ts';
import type { AppendRequest } from './open-for-append.ts';
import { removeOrphanFile } from './orphans.ts';
import { finishIfComplete } from './recover.ts';
import { completeRemoval, type Removal, removeCondemned, terminate } from './remove.ts';
import { RunningWork } from './running-work.ts';
import { Serving } from './serving.ts';
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

/**
 * The one storage module: data files, catalog and leases of one upload directory. Every command and
 * every protocol works through it; nothing of SQLite or of a protocol shows in it.
 */
export class UploadStore extends StoreReader {
  readonly #events = new EventEmitter<{ change: [StorageEvent] }>();
  readonly #work: RunningWork;
  #servingLock: ServingLock | undefined;
  #serving: Serving | undefined;
  #closed: Promise<void> | undefined;
  readonly role: OwnerRole;

  private constructor(options: StoreOptions, catalog: Catalog, files: DataFiles) {
    const now = options.now ?? Date.now;
    const warn = options.warn ?? (() => {});
    const work = new RunningWork(warn, () => this.context.draining);
    super({
      catalog,
      files,
      durability: new Durability(options.fsync ?? 'completed', files.folder, `${catalog.file}-wal`),
      writers: new WriterQueue(now),
      active: new Map(),
      pumps: new Set(),
      leftBehind: new Set(),
      limits: { ...DEFAULT_LIMITS, ...options.limits },
      guards: options.guards ?? {},
      plan: options.plan ?? (() => []),
      expiresAt: options.expiresAt ?? (() => null),
      now,
      emit: (event) => this.#changed(event),
      background: (promise) => work.background(promise),
      warn,
      draining: false,
      ending: false,
    });
    this.role = options.role;
    this.#work = work;
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
      if (daemon) store.#serving = await Serving.start(store.context);
      return store;
    } catch (error) {
      if (store) await store.close();
      else lock?.release();
      throw catalogFault(error, catalogFile(options.uploadDir));
    }
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
      if (this.role === 'daemon' && !context.active.has(id) && !context.draining) {
        context.background(finishIfComplete(context, id));
      }
    }
    return { record, offset, expiresAt: context.expiresAt(record) };
  }

  /** Makes an upload, and receives the first bytes when the request brings some. */
  async create(request: CreateRequest, body?: FirstBytes): Promise<AppendOutcome> {
    return this.#run(() => createUpload(this.context, request, body));
  }

  /**
   * Appends a request's body. Throws NOT_FOUND, GONE, FORBIDDEN, LOCKED, CONFLICT, TOO_LARGE,
   * BAD_REQUEST or NO_SPACE, and then nothing was changed. What was received before a client
   * vanished is kept, unless the request counts as a whole.
   */
  async append(id: string, request: AppendRequest): Promise<AppendOutcome> {
    return this.#run(() => appendBody(this.context, id, request));
  }

  /**
   * Makes a final upload of finished or unfinished parts. When all are finished it is joined before
   * this resolves; otherwise when the last part is. Throws BAD_REQUEST for a part that is not one.
   */
  async concatenate(
    request: CreateRequest & { parts: readonly string[] },
  ): Promise<FoundUpload & { readonly answer: Answer | undefined }> {
    const { id, answer } = await this.#run(() => concatenate(this.context, request));
    return { ...(await this.find(id)), answer };
  }

  /** Removes an upload on a client's or a sysadmin's word, taking over from its writer. */
  async terminate(
    id: string,
    caller: Caller,
    options: Partial<Parameters<typeof terminate>[3]> = {},
  ): Promise<Removal> {
    return this.#run(() => terminate(this.context, id, caller, { why: 'terminated', ...options }));
  }

  /** Ends a running request and removes its upload, unless it has finished (a hook asked for it). */
  async stop(id: string, answer: Answer): Promise<void> {
    const active = this.context.active.get(id);
    if (!active) return;
    active.stopped = answer;
    active.pump.stop('stopped');
    try {
      await this.terminate(id, active.caller, { why: 'stopped' });
    } catch (error) {
      // Its last byte came before the word to stop it, or somebody else has removed it.
      if (!(error instanceof Fault && error.code === 'GONE')) throw error;
    }
  }

  /** Removes what a policy has condemned; undefined when it is kept because somebody needs it. */
  async removeCondemned(
    id: string,
    why: RemovalReason,
    caller: Caller,
    condemned: (record: UploadRecord) => boolean,
  ): Promise<Removal | undefined> {
    return this.#run(() => removeCondemned(this.context, id, why, caller, condemned));
  }

  /** Ends such a removal; may run beside the process that began it. */
  async completeRemoval(record: StoredUpload): Promise<Removal> {
    return this.#run(() => completeRemoval(this.context, record));
  }

  /** Removes a file without a record; null when it is kept (see orphans.ts). */
  async removeOrphanFile(name: string, olderThan: number): Promise<number | null> {
    return this.#run(() => removeOrphanFile(this.context, name, olderThan));
  }

  /**
   * Forgets uploads that were removed, and events that were delivered, before these moments
   * (milliseconds since the epoch). Returns how many uploads.
   */
  async forget(removedBefore: number, deliveredBefore = removedBefore): Promise<number> {
    return this.#run(() => forget(this.context, removedBefore, deliveredBefore));
  }

  async setNote(key: string, value: string): Promise<void> {
    const { catalog } = this.context;
    catalog.write(() => catalog.setMeta(key, value));
  }

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

  /** Lets what is under way end, keeping the bytes that have come, and closes every file. */
  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    const { catalog, durability, warn } = this.context;
    await this.drain(0);
    await this.#work.backgroundEnded();
    await this.#serving?.stop();
    try {
      if (this.role === 'daemon') catalog.write(() => catalog.leases.leave(catalog.owner));
    } catch (error) {
      // On a full disk, for one: what it held counts for no longer than its last heartbeat.
      warn(error instanceof Error ? error.message : String(error));
    }
    try {
      catalog.reserve.refill();
      durability.close();
      catalog.close();
    } finally {
      this.#servingLock?.release();
    }
  }

  /** Does an operation's work; what the disk and SQLite throw gets a sentence. */
  async #run<T>(operation: () => Promise<T>): Promise<T> {
    if (this.#closed) throw stopping();
    try {
      return await this.#work.operation(operation());
    } catch (error) {
      throw fileFault(catalogFault(error, this.context.catalog.file), 'working on an upload');
    }
  }

  #changed(event: StorageEvent): void {
    // What happened is committed: nobody who hears of it can make it fail any more.
    try {
      if (event.type === 'finished' && event.record.kind === 'partial') {
        joinFinalsOf(this.context, event.record.id);
      }
      this.#events.emit('change', event);
    } catch (error) {
      this.context.warn(error instanceof Error ? error.message : String(error));
    }
  }
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
