import { hostname } from 'node:os';
import { createRareLog } from '../daemon/rare-log.ts';
import { runScheduledSweep } from '../daemon/scheduled-sweep.ts';
import { messageOf } from '../fault.ts';
import { createHooks } from '../hooks/hooks.ts';
import { expiresAt } from '../retention/policy.ts';
import { Schedule } from '../retention/schedule.ts';
import { notePolicy } from '../retention/served-policy.ts';
import { isInMemory } from '../storage/model/place.ts';
import { isKept } from '../storage/model/upload.ts';
import { openStore } from '../storage/store.ts';
import { actingOf, type TusRequest } from '../tus-server/acting.ts';
import { Locks, NO_LOCK, type TusLocker } from '../tus-server/locks.ts';
import { TusDataStore } from '../tus-server/tus-data-store.ts';
import { readOptions } from './options.ts';
import type { HookEvent, HookOptions, KeptText, TusStoreOptions } from './tus-store-options.ts';

export type { HookEvent, HookOptions, KeptText, TusRequest, TusStoreOptions };

/** An upload directory that an application's own @tus/server serves. */
export interface TusStore {
  /** For the option `datastore` of @tus/server. */
  readonly datastore: TusDataStore;
  /**
   * For the option `locker` of @tus/server. It is a function of the request, which @tus/server
   * allows: requests that only read take no lock, so that a HEAD does not interrupt a running
   * upload.
   */
  readonly locker: (request: TusRequest) => TusLocker;
  /**
   * The path of a finished upload's file; undefined if the upload does not exist, is not finished,
   * or is in memory.
   */
  finishedFile(id: string): Promise<string | undefined>;
  /**
   * Refuses new requests, lets running uploads and hooks continue for `drainTimeout`, keeps the
   * received bytes and closes the directory. Await it before the process ends.
   */
  close(): Promise<void>;
}

/** The extensions that @tus/server and this store support together. */
const EXTENSIONS = [
  'creation',
  'creation-with-upload',
  'creation-defer-length',
  'termination',
] as const;

/**
 * Opens an upload directory for a @tus/server that an application mounts itself:
 *
 *     const { datastore, locker, close } = await openTusStore({ directory: './uploads' });
 *     const server = new Server({ path: '/files', datastore, locker });
 *
 * The directory is the same as that of `tusd-ts serve`: its commands work on it meanwhile, hooks are
 * called, the cleanup runs. One process serves a directory at a time; another one, a daemon included,
 * is refused. Throws a Fault: CONFIG for an option that is wrong, DIRECTORY_IN_USE, CATALOG_CORRUPT,
 * CATALOG_TOO_NEW, PERMISSION or IO.
 */
export async function openTusStore(options: TusStoreOptions): Promise<TusStore> {
  const { env } = process;
  const config = await readOptions(options, { cwd: process.cwd(), env });
  const { clientAddress, log = emitWarning } = options;
  const trouble = createRareLog(log, Date.now);
  const warn = (message: string) => trouble('warn', message);
  const policy = { unfinishedFor: config.retentionMs, finishedFor: config.completedRetentionMs };
  const hooks = createHooks({
    hooks: config.hooks,
    concurrency: config.hookConcurrency,
    now: Date.now,
    log,
    env,
    kill: (pid, signal) => process.kill(pid, signal),
  });
  const { fileMode, directoryMode, fileGroup: group } = config;
  const store = await openStore({
    about: { host: hostname(), pid: process.pid, version: '', startedAt: Date.now() },
    uploadDir: config.uploadDir,
    memoryLimit: Math.floor(process.availableMemory() / 2),
    fsync: config.fsync,
    access: { fileMode, directoryMode, group },
    limits: {
      maxSize: config.maxSize,
      minFreeSpace: config.minFreeSpace,
      idleTimeout: config.idleTimeoutMs,
    },
    expiresAt: (record) => expiresAt(record, policy),
    guards: hooks.guards,
    plan: hooks.plan,
    warn,
  });
  const schedule = new Schedule();
  try {
    await notePolicy(store, policy);
    await hooks.start(store);
    const told = { event: trouble, happened: () => {} };
    schedule.start(
      config.cleanupSchedule,
      async (signal) => void (await runScheduledSweep(store, policy, told, signal)),
      (error) => trouble('error', `sweep: ${messageOf(error)}`),
    );
  } catch (error) {
    await store.close();
    throw error;
  }
  const locks = new Locks();
  const extensions = [...EXTENSIONS, ...(policy.unfinishedFor === null ? [] : ['expiration'])];
  let closed: Promise<void> | undefined;
  const close = async () => {
    const { drainTimeoutMs: grace } = config;
    await Promise.all([schedule.stop(), store.drain(grace), hooks.stop(grace)]);
    await store.close();
  };
  return {
    datastore: new TusDataStore(store, locks, { extensions, policy }),
    locker: (request) => {
      const { method } = request;
      if (method === 'HEAD' || method === 'GET' || method === 'OPTIONS') return NO_LOCK;
      const acting = actingOf(request, clientAddress?.(request));
      return locks.lockerFor(acting, { urgent: method === 'DELETE' });
    },
    finishedFile: async (id) => {
      const record = await store.remember(id);
      if (!record || !isKept(record)) return undefined;
      const place = store.pathOf(record);
      return isInMemory(place) ? undefined : place;
    },
    close: () => {
      closed ??= close();
      return closed;
    },
  };
}

function emitWarning(level: 'info' | 'warn' | 'error', message: string): void {
  if (level !== 'info') process.emitWarning(message, { type: 'TusStoreWarning' });
}
