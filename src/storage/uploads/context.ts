import type { Bytes, Writer } from '../bytes/bytes.ts';
import type { Catalog, Lease } from '../catalog/catalog.ts';
import type { ProcessReport } from '../catalog/processes.ts';
import type { BodyPath } from '../model/byte-source.ts';
import type { EngineRules } from '../model/engine-rules.ts';
import type { Choices, Guards, NewDelivery, StorageEvent } from '../model/events.ts';
import type { Metering } from '../model/metering.ts';
import type { Caller, StoredUpload, UploadRecord } from '../model/upload.ts';
import type { Clock } from './clock.ts';
import type { Durability } from './durability.ts';
import type { BytePump } from './receiving/byte-pump.ts';
import type { WriterQueue } from './writing/writer-queue.ts';

/** An append that is running in this process. */
export interface ActiveAppend {
  /** As it was when this request began. */
  readonly record: StoredUpload;
  readonly pump: BytePump;
  readonly writer: Writer;
  readonly body: BodyPath;
  /** Counts as a whole or not at all: no client sees its bytes until they are verified. */
  readonly whole: boolean;
  /** null while the upload is not recorded (see create.ts). */
  readonly lease: Lease | null;
  readonly caller: Caller;
  /** The last offset of this request that was passed to the catalog. */
  recorded: number;
  /** The last recorded offset that is safe. Maintained while clients get recorded offsets only. */
  confirmed: number;
  /** Syncs what has come so far; resolves when it has ended. */
  syncing: Promise<void> | undefined;
  /** Records how far this request has come; resolves when it has ended. */
  progressing: Promise<void> | undefined;
  /** A layout is being noted: progress waits, so that the later layout stays. */
  noting: boolean;
  /** The body has ended: what it brought is recorded with its end. */
  concluding: boolean;
  /** Remove the upload instead of finishing it (see UploadStore.stop). */
  stopped: boolean;
}

export interface StoreLimits {
  /** The most bytes that an upload may have; null for no limit. */
  readonly maxSize: number | null;
  /** Bytes that must stay free on the disk; null turns the check off. */
  readonly minFreeSpace: number | null;
  /** A request whose body is silent for this long is ended; its bytes are kept (milliseconds). */
  readonly idleTimeout: number;
  /** How long a request waits for another one that writes the same upload (milliseconds). */
  readonly writerWait: number;
}

export const DEFAULT_LIMITS: StoreLimits = {
  maxSize: null,
  minFreeSpace: 0,
  idleTimeout: 60_000,
  writerWait: 10_000,
};

/** Shared by the operations on uploads; internal to storage. */
export interface StoreContext {
  readonly catalog: Catalog;
  readonly bytes: Bytes;
  readonly durability: Durability;
  readonly writers: WriterQueue;
  readonly active: Map<string, ActiveAppend>;
  /** Bytes written since the start, by the way in which their bodies were read. */
  readonly received: Record<BodyPath, number>;
  /** All running pumps, so that they can be stopped. */
  readonly pumps: Set<BytePump>;
  /** Ids of complete uploads whose finish or join failed; retried later. */
  readonly leftBehind: Set<string>;
  /**
   * Ids of uploads whose creation failed, and whose removal failed too, and when they were created; removed
   * later unless a client sends bytes to them.
   */
  readonly unremoved: Map<string, number>;
  /** Replaced as a whole when they change; a request keeps those with which it began. */
  limits: StoreLimits;
  readonly guards: Guards;
  /** What the client of a new upload has chosen by its metadata. Throws BAD_REQUEST. */
  readonly choices: Choices;
  /** Limits over all uploads; undefined while there are none. */
  readonly metering: () => Metering | undefined;
  /** The deliveries that a change causes. */
  readonly plan: (event: StorageEvent) => readonly NewDelivery[];
  /** The rules that deliver finished uploads. */
  readonly rules: EngineRules;
  /** Whether an upload that has its full length is complete although no request says so. */
  readonly endsAtLength: (record: UploadRecord) => boolean;
  /**
   * When the upload expires under the retention policy (milliseconds since the epoch); null for never.
   */
  readonly expiresAt: (record: UploadRecord) => number | null;
  /**
   * How many bytes complete uploads have that are not finished yet, and will survive a power cut. Only while
   * no offset but that of a finished upload does so anyway.
   */
  readonly kept: Map<string, number>;
  /** Leases that could not be dropped (a full disk); retried later. */
  readonly unreleased: Set<Lease>;
  /** What this process tells others about itself. */
  readonly about: Omit<ProcessReport, 'receiving'>;
  /**
   * Uploads that were unfinished when the machine rebooted, until each is reconciled. Their bytes
   * beyond the recorded offset were never confirmed to a client, and may be garbage.
   */
  readonly afterReboot: Set<string>;
  /**
   * Number of requests so far that count as a whole. Each may have written bytes that were rolled back.
   */
  wholeRequests: number;
  readonly clock: Clock;
  readonly now: () => number;
  /** Reports a committed change to the listeners. */
  readonly emit: (event: StorageEvent) => void;
  /** Work that continues after a request was answered; awaited when the store closes. */
  readonly background: (work: Promise<unknown>) => void;
  /** Logs a warning for the sysadmin. */
  readonly warn: (message: string) => void;
  /** true once no more bytes are accepted (the daemon is stopping). */
  draining: boolean;
  /** true once the time to drain is over: long work is cut short, too. */
  ending: boolean;
}
