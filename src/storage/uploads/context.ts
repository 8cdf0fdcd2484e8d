import type { Bytes } from '../bytes/bytes.ts';
import type { Catalog, Lease } from '../catalog/catalog.ts';
import type { Guards, NewDelivery, StorageEvent } from '../model/events.ts';
import type { Caller, UploadRecord } from '../model/upload.ts';
import type { BytePump } from './byte-pump.ts';
import type { Durability } from './durability.ts';
import type { WriterQueue } from './writer-queue.ts';

/** Bytes that are on their way into an upload now, in this process. */
export interface ActiveAppend {
  readonly pump: BytePump;
  /** The offset at which this request began. */
  readonly from: number;
  /** Counts as a whole or not at all: until it is verified, nobody learns of its bytes. */
  readonly whole: boolean;
  /** null while the upload is not recorded (see create.ts). */
  readonly lease: Lease | null;
  readonly caller: Caller;
  /** What has been written to the catalog of this request's progress. */
  recorded: number;
  /** It is to be removed instead of finished (see UploadStore.stop). */
  stopped: boolean;
}

export interface StoreLimits {
  /** The most bytes that an upload may have; null for no limit. */
  readonly maxSize: number | null;
  /** Bytes that must stay free on the disk; null does not look at the free space. */
  readonly minFreeSpace: number | null;
  /** A request whose body is silent for this long is ended, its bytes kept (milliseconds). */
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

/** What the operations on uploads share; used within storage alone. */
export interface StoreContext {
  readonly catalog: Catalog;
  readonly bytes: Bytes;
  readonly durability: Durability;
  readonly writers: WriterQueue;
  readonly active: Map<string, ActiveAppend>;
  /** Every pump that runs, so that all can be stopped. */
  readonly pumps: Set<BytePump>;
  /** Ids of what is complete and could not be finished or joined: it is tried again. */
  readonly leftBehind: Set<string>;
  readonly limits: StoreLimits;
  readonly guards: Guards;
  /** The deliveries that a change causes. */
  readonly plan: (event: StorageEvent) => readonly NewDelivery[];
  /** Whether an upload that has its length is complete, although no request is there to say so. */
  readonly endsAtLength: (record: UploadRecord) => boolean;
  /** When the retention policy ends an upload (milliseconds since the epoch); null for never. */
  readonly expiresAt: (record: UploadRecord) => number | null;
  readonly now: () => number;
  /** Tells listeners of a change that is committed. */
  readonly emit: (event: StorageEvent) => void;
  /** Work that goes on after a request was answered; awaited when the store closes. */
  readonly background: (work: Promise<unknown>) => void;
  /** Something a sysadmin should read in the log. */
  readonly warn: (message: string) => void;
  /** true once no more bytes are taken (the daemon is stopping). */
  draining: boolean;
  /** true once what takes long is cut short, too: the time to drain is over. */
  ending: boolean;
}
