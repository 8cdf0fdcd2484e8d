import { Fault } from '../fault.ts';
import { PRIVATE } from './disk/file-access.ts';
import { createLinkBook, type LinkBook } from './links.ts';
import { holdLocal, type LocalOptions } from './local/local-backend.ts';
import type { StorageEvent } from './model/events.ts';
import { MEMORY } from './model/place.ts';
import type { Placement } from './model/placement.ts';
import type { Caller, StoredUpload, UploadRecord } from './model/upload.ts';
import { openBackend, type StoragePlace } from './open-backend.ts';
import { createReads, type FoundUpload, type Reads } from './reads.ts';
import { createRemovals, type Removals } from './removals.ts';
import { type Activity, activityOf } from './uploads/activity.ts';
import type { StoreLimits } from './uploads/context.ts';
import { Engine, type EngineOptions } from './uploads/engine.ts';
import { createUpload } from './uploads/making/create.ts';
import { concatenate } from './uploads/making/join.ts';
import type { CreateRequest } from './uploads/making/new-upload.ts';
import { giveAway, type PlacedFile, settlePlaced } from './uploads/placed.ts';
import { type AppendRequest, appendBody } from './uploads/receiving/append.ts';
import type { AppendOutcome, BodyRequest, WholeRequest } from './uploads/receiving/receive.ts';
import { countDownload } from './uploads/removing/remove.ts';

export type { Reader } from './bytes/bytes.ts';
export type { Outbox } from './catalog/outbox.ts';
export type { Placements } from './catalog/placements.ts';
export type { ProcessInfo } from './catalog/processes.ts';
export type { FileAccess } from './disk/file-access.ts';
export { PRIVATE } from './disk/file-access.ts';
export type { SharedPlace, StoragePlace } from './open-backend.ts';
export type { Activity } from './uploads/activity.ts';
export { type Clock, SYSTEM_CLOCK, type Timer } from './uploads/clock.ts';
export type { StoreLimits } from './uploads/context.ts';
export type { FsyncMode } from './uploads/durability.ts';
export type { PlacedFile } from './uploads/placed.ts';
export type { Removal } from './uploads/removing/remove.ts';
export type { Orphan, OrphanFile, OrphanRecord } from './uploads/upkeep/orphans.ts';
export { ORPHAN_AGE } from './uploads/upkeep/orphans.ts';
export type {
  AppendOutcome,
  AppendRequest,
  BodyRequest,
  CreateRequest,
  FoundUpload,
  Reads,
  WholeRequest,
};

/** All operations of a daemon on uploads. */
export interface UploadStore extends Reads, Removals, LinkBook {
  /** Creates an upload, and receives the first bytes if the request has some. */
  create(request: CreateRequest, body?: BodyRequest): Promise<AppendOutcome>;

  /**
   * Appends a request's body. Throws NOT_FOUND, GONE, FORBIDDEN, LOCKED, CONFLICT, TOO_LARGE,
   * BAD_REQUEST or NO_SPACE, and then nothing was changed. When the client disconnects, the bytes
   * received are kept, unless the request counts as a whole.
   */
  append(id: string, request: AppendRequest): Promise<AppendOutcome>;

  /**
   * Creates a final upload from finished or unfinished parts. If all are finished, it is joined before
   * this resolves; otherwise when the last part finishes. Throws BAD_REQUEST for an id that is not a
   * part.
   */
  concatenate(request: CreateRequest & { parts: readonly string[] }): Promise<FoundUpload>;

  /**
   * Ends the request that is writing an upload and removes the upload, unless it has finished; does
   * nothing when there is no such request. Calls `tell` with that request's caller before it ends.
   */
  stop(id: string, tell?: (caller: Caller) => void): Promise<void>;

  /**
   * A finished upload was downloaded completely. Returns how many downloads are left, or null when
   * their number is not limited; after the last one the upload is removed.
   */
  countDownload(id: string, caller: Caller): Promise<number | null>;

  /**
   * Records that a rule has placed a file, durably, and reports it. false: the upload was removed, or the
   * placement is no longer pending.
   */
  settlePlaced(record: StoredUpload, placement: Placement, file: PlacedFile): Promise<boolean>;

  /** Reports that a client has downloaded a finished upload, to the hooks that listen. */
  downloaded(record: UploadRecord, caller: Caller): Promise<void>;

  /** Removes the stored bytes of an upload that `settlePlaced` has recorded as moved. */
  giveAway(id: string): Promise<void>;

  /** Resolves when every change that was recorded so far survives a power cut, unless fsync is never. */
  persist(): Promise<void>;
  /** Changes limits, for requests that begin from now on. */
  setLimits(limits: Partial<StoreLimits>): void;

  /** What is being received now, and what was received since the start. */
  activity(): Activity;

  /** Proves in a few milliseconds that bytes or records can be written and read. Throws what is wrong. */
  probe(what: 'bytes' | 'catalog'): Promise<void>;

  /** Calls back with every committed change, and with progress. */
  onChange(listener: (event: StorageEvent) => void): void;

  /**
   * Starts no more uploads or appends, lets running ones go on for `grace` milliseconds, then ends them and
   * keeps the bytes received. Resolves when every operation has ended.
   */
  drain(grace: number): Promise<void>;

  /** Ends running operations, keeps the bytes received, and closes everything. */
  close(): Promise<void>;
}

/** The operations of a command, beside the daemon or without it: read, remove, and make links. */
export interface CommandStore extends Reads, Removals, LinkBook {
  close(): Promise<void>;
}

/** The same for a directory, which can be copied. */
export interface DirectoryStore extends CommandStore {
  /**
   * Writes a consistent copy of the catalog into a folder that has none, beside a daemon that goes on.
   * Throws NO_SPACE, PERMISSION or IO.
   */
  copyCatalog(folder: string): Promise<void>;
}

export interface StoreOptions extends EngineOptions, StoragePlace, Omit<LocalOptions, 'role'> {}

/**
 * Opens a storage to serve it, and reconciles records with bytes before it resolves. A directory is made
 * when it is missing, and not shared with another daemon (DIRECTORY_IN_USE); any number of daemons share
 * a bucket and its database. Throws CONFIG, CATALOG_CORRUPT, CATALOG_TOO_NEW, UNAVAILABLE, PERMISSION
 * or IO.
 */
export async function openStore(options: StoreOptions): Promise<UploadStore> {
  const inMemory = !options.shared && options.uploadDir === MEMORY;
  const backend = await openBackend(options, { ...options, role: 'daemon' });
  // The free-space minimum is for disks; memory has its own limit.
  const limitsOf = (limits: Partial<StoreLimits> = {}) => ({
    ...limits,
    ...(inMemory ? { minFreeSpace: 0 } : {}),
  });
  const limits = limitsOf(options.limits);
  const engine = new Engine(backend.catalog, backend.bytes, { ...options, limits });
  const close = async () => {
    try {
      await engine.close();
    } finally {
      backend.release();
    }
  };
  try {
    await engine.serve({ boot: backend.boot });
  } catch (error) {
    await close();
    throw error;
  }
  const store = createStore(engine, close);
  return { ...store, setLimits: (limits) => store.setLimits(limitsOf(limits)) };
}

/**
 * Opens a storage for a command. Creates nothing: throws IO for a directory without a catalog, CONFIG
 * for uploads in memory, which only their daemon can see, and UNAVAILABLE without an answer of the
 * database.
 */
export async function openCommandStore(options: StoreOptions): Promise<DirectoryStore> {
  const { catalog, bytes } = await openBackend(options, { ...options, role: 'command' });
  const engine = new Engine(catalog, bytes, options);
  const { context, run } = engine;
  return {
    ...createReads(context),
    ...createRemovals(context, run),
    ...createLinkBook(context),
    copyCatalog: (folder) => run(async () => catalog.copyTo?.(folder)),
    close: () => engine.close(),
  };
}

/**
 * Keeps daemons out of a directory until the returned function is called; makes the directory when it is
 * missing, without a catalog. Throws DIRECTORY_IN_USE, IO, PERMISSION or NO_SPACE.
 */
export function holdDirectory(uploadDir: string): () => void {
  return holdLocal(uploadDir, PRIVATE);
}

/** Makes the storage API of a daemon over a serving engine. */
export function createStore(engine: Engine, close: () => Promise<void>): UploadStore {
  const { context, run } = engine;
  const reads = createReads(context);
  const removals = createRemovals(context, run);
  return {
    ...reads,
    ...removals,
    ...createLinkBook(context),
    create: (request, body) => run(() => createUpload(context, request, body)),
    append: (id, request) => run(() => appendBody(context, id, request)),
    async concatenate(request) {
      return reads.find(await run(() => concatenate(context, request)));
    },
    async stop(id, tell) {
      const active = context.active.get(id);
      if (!active) return;
      tell?.(active.caller);
      active.stopped = true;
      active.pump.stop('stopped');
      try {
        await removals.terminate(id, active.caller, { why: 'stopped' });
      } catch (error) {
        // Its last byte came before the stop, or it was removed meanwhile.
        if (!(error instanceof Fault && error.code === 'GONE')) throw error;
      }
    },
    countDownload: (id, caller) => run(() => countDownload(context, id, caller)),
    settlePlaced: (record, placement, file) =>
      run(() => settlePlaced(context, record, placement, file)),
    async downloaded(record, caller) {
      const event = { type: 'downloaded', record, caller } as const;
      const deliveries = context.plan(event);
      if (deliveries.length === 0) return;
      await run(() => context.catalog.outbox.add(record.id, deliveries, context.now()));
      context.emit(event);
    },
    giveAway: (id) => run(() => giveAway(context, id)),
    persist: () => run(() => context.durability.recorded('finish')),
    setLimits: (limits) => {
      context.limits = { ...context.limits, ...limits };
    },
    activity: () => activityOf(context),
    probe: (what) => run(() => context[what].probe()),
    onChange: (listener) => engine.onChange(listener),
    drain: (grace) => engine.drain(grace),
    close,
  };
}
