import { Fault } from '../fault.ts';
import type { PresignedAnswer, Reader } from './bytes/bytes.ts';
import type { Outbox } from './catalog/outbox.ts';
import type { Placements } from './catalog/placements.ts';
import type { ProcessInfo } from './catalog/processes.ts';
import type {
  ListQuery,
  StatusMoment,
  StatusTotals,
  UnfinishedTotals,
  UploadTotals,
} from './model/list-query.ts';
import type { TimelineEntry } from './model/timeline.ts';
import { type Caller, isUnjoined, type StoredUpload, type UploadRecord } from './model/upload.ts';
import {
  assertThere,
  currentOffset,
  isSafe,
  isTakenForFinished,
  seenBy,
} from './uploads/access.ts';
import { nextTurn } from './uploads/clock.ts';
import { isComplete } from './uploads/complete.ts';
import type { StoreContext } from './uploads/context.ts';
import { pathOf } from './uploads/placed.ts';
import { confirmWritten, keepComplete } from './uploads/upkeep/confirm.ts';
import { listOrphans, type Orphan } from './uploads/upkeep/orphans.ts';

/** An upload as it is now: the record, and facts that only the bytes and this process have. */
export interface FoundUpload {
  readonly record: StoredUpload;
  /** The offset for the next append; null while a final upload is not joined. */
  readonly offset: number | null;
  /** Milliseconds since the epoch; null for never. */
  readonly expiresAt: number | null;
}

/**
 * Queries about uploads. None of them disturbs a writer, or changes anything, except that `find` syncs
 * what it tells while `fsync` is "always", and all bytes of an upload unless it is "never".
 */
export interface Reads {
  /** Deliveries on their way to hooks; the changes that cause them add them. */
  readonly outbox: Outbox;

  /** Finished uploads on their way to the places that rules give them. */
  readonly placements: Placements;

  /**
   * Throws NOT_FOUND, also for an upload that does not exist for the caller, GONE while the record of a
   * removed upload is kept, and what a sync throws when all bytes are there and may still be lost.
   */
  find(id: string, caller?: Caller): Promise<FoundUpload>;

  /** The record in any state, or undefined when there is none, or none for the caller. */
  remember(id: string, caller?: Caller): Promise<StoredUpload | undefined>;

  list(query?: ListQuery): AsyncGenerator<StoredUpload>;

  /** Records that a sweep may remove at this moment (see Catalog). */
  condemnable(at: StatusMoment): AsyncIterable<StoredUpload>;

  /** Uploads whose removal was claimed and not completed. */
  unfinishedRemovals(): Promise<StoredUpload[]>;

  /** Bytes without a record and records without bytes (see uploads/upkeep/orphans.ts). */
  orphans(olderThan: number): AsyncGenerator<Orphan>;

  timeline(record: StoredUpload): Promise<TimelineEntry[]>;
  totals(): Promise<UploadTotals[]>;
  /** Counts by status, of one owner or of all uploads. */
  statusTotals(at: StatusMoment, owner?: string): Promise<StatusTotals[]>;

  /** Bytes of finished uploads that were moved out of the store, of one owner or of all. */
  movedBytes(owner?: string): Promise<number>;

  /** Unfinished uploads, counted by status: quick, however many finished ones there are. */
  unfinishedTotals(at: StatusMoment): Promise<UnfinishedTotals[]>;

  /** Bytes received of an upload; for a final upload that is not joined, those of its parts. */
  received(record: StoredUpload): Promise<number>;

  /** Whether any partial or final upload exists. */
  hasParts(): Promise<boolean>;

  /** Whether any upload has an owner. */
  hasOwners(): Promise<boolean>;

  /** Final uploads that this one is a part of, joined or not, removed or not. */
  finalsOf(id: string): Promise<StoredUpload[]>;

  /** The note that any process stored under a key, or null. */
  note(key: string): Promise<string | null>;

  idsBeginningWith(prefix: string, limit: number): Promise<string[]>;

  /** Daemons and commands that are alive. */
  processes(): Promise<ProcessInfo[]>;

  /** The process that writes an upload; null when none does, or nothing is known of it. */
  writerOf(id: string): Promise<ProcessInfo | null>;

  /** true while a process holds a lease that counts. */
  isBeingWritten(id: string): Promise<boolean>;

  /** Opens the bytes of an upload. Throws GONE, UNAVAILABLE, PERMISSION or IO. */
  open(record: UploadRecord): Promise<Reader>;

  /** See Bytes; undefined where bytes come through this process. */
  presign(
    record: UploadRecord,
    seconds: number,
    answer: PresignedAnswer,
  ): Promise<string | undefined>;

  /** See Bytes; undefined where only reading tells. Throws GONE when the bytes are missing. */
  look(record: UploadRecord): Promise<string | null | undefined>;

  /** The folder of all bytes, as a path. */
  readonly place: string;

  /** The path of an upload's bytes in the store. */
  locate(id: string): string;

  /** The path of an upload's bytes, also when they were moved out of the store. */
  pathOf(record: UploadRecord): string;

  /** What the store has of an upload, in lines for people; empty where it is one file. */
  describe(record: UploadRecord): readonly string[];

  /** Bytes stored; null when there are none, or while the store is unavailable. */
  size(record: UploadRecord): Promise<number | null>;

  /** Bytes that a removal would free: none of a file that was moved out of the store. */
  sizeInStore(record: UploadRecord): Promise<number>;

  /** Whether all bytes of an unfinished upload are here, so that a daemon finishes it without its client. */
  isComplete(record: UploadRecord): Promise<boolean>;

  /** Bytes that may still be written; Infinity when unknown. */
  room(): Promise<number>;

  /** "ok", or a description of the damage to the catalog. */
  checkIntegrity(): Promise<string>;
}

export function createReads(context: StoreContext): Reads {
  const { catalog, bytes } = context;
  const size: Reads['size'] = async (record) => {
    try {
      return await bytes.size(record);
    } catch (error) {
      if (error instanceof Fault && error.code === 'UNAVAILABLE') return null;
      throw error;
    }
  };
  return {
    outbox: catalog.outbox,
    placements: catalog.placements,
    async find(id, caller) {
      for (let confirms = context.durability.confirmsOffsets; ; ) {
        const { wholeRequests } = context;
        const record = seenBy(caller, await catalog.get(id));
        assertThere(context, record);
        if (confirms && (await confirmWritten(context, record))) {
          confirms = false;
          continue;
        }
        const offset = isUnjoined(record)
          ? null
          : await whereverItIs(context, record, currentOffset);
        // The bytes were measured after the record was read, and may belong to an unverified request.
        if (wholeRequests !== context.wholeRequests) continue;
        if (isTakenForFinished(context, record, offset)) {
          // What is not recorded no later daemon would finish, unless it inherits a lease.
          const isRecorded = record.offset === offset || context.active.has(id);
          if (!isSafe(context, record) || !isRecorded) {
            await keepComplete(context, record);
            continue;
          }
          // Its client may never come again: then the daemon finishes it.
          context.leftBehind.add(record.id);
        }
        return { record, offset, expiresAt: context.expiresAt(record) };
      }
    },
    remember: async (id, caller) => seenBy(caller, await catalog.get(id)),
    async *list(query = {}) {
      for await (const page of catalog.list(query)) yield* page;
    },
    condemnable: (at) => catalog.condemnable(at),
    unfinishedRemovals: () => catalog.unfinishedRemovals(),
    orphans: (olderThan) => listOrphans(context, olderThan),
    timeline: (record) => catalog.timeline(record),
    totals: () => catalog.totals(),
    statusTotals: (at, owner) => catalog.statusTotals(at, owner),
    movedBytes: (owner) => catalog.movedBytes(owner),
    unfinishedTotals: (at) => catalog.unfinishedTotals(at),
    async received(record) {
      return isUnjoined(record) ? catalog.receivedOfParts(record) : record.offset;
    },
    hasParts: () => catalog.hasParts(),
    hasOwners: () => catalog.hasOwners(),
    finalsOf: (id) => catalog.finalsOf(id),
    note: (key) => catalog.note(key),
    idsBeginningWith: (prefix, limit) => catalog.idsBeginningWith(prefix, limit),
    processes: () => catalog.processes(context.now()),
    writerOf: (id) => catalog.writerOf(id, context.now()),
    isBeingWritten: (id) => catalog.isLeased(id, context.now()),
    open: (record) => whereverItIs(context, record, (_, latest) => bytes.openForReading(latest)),
    presign: async (record, seconds, answer) => bytes.presign?.(record, seconds, answer),
    look: async (record) => bytes.look?.(record),
    place: bytes.place,
    locate: (id) => bytes.locate({ id, layout: null }),
    pathOf: (record) => pathOf(context, record),
    describe: (record) => bytes.describe?.(record) ?? [],
    size,
    sizeInStore: async (record) => (record.movedTo ? 0 : ((await size(record)) ?? 0)),
    isComplete: (record) => isComplete(context, record),
    room: () => bytes.room(),
    checkIntegrity: () => catalog.checkIntegrity(),
  };
}

/** Looks once more when an upload's bytes were moved after its record had been read. */
async function whereverItIs<T, R extends UploadRecord>(
  context: StoreContext,
  record: R,
  look: (context: StoreContext, latest: R | StoredUpload) => Promise<T>,
): Promise<T> {
  const { catalog, clock } = context;
  try {
    return await look(context, record);
  } catch (error) {
    if (!(error instanceof Fault && error.code === 'GONE') || record.movedTo) throw error;
    // The record may be cached until the end of this turn of the event loop.
    await nextTurn(clock);
    const latest = await catalog.get(record.id);
    if (!latest?.movedTo) throw error;
    return look(context, latest);
  }
}
