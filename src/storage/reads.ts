import { Fault } from '../fault.ts';
import type { Reader } from './bytes/bytes.ts';
import type { Outbox } from './catalog/outbox.ts';
import type { ListQuery, StatusMoment, StatusTotals, UploadTotals } from './model/list-query.ts';
import type { TimelineEntry } from './model/timeline.ts';
import { isUnjoined, type StoredUpload, type UploadRecord } from './model/upload.ts';
import { assertThere, currentOffset } from './uploads/access.ts';
import type { StoreContext } from './uploads/context.ts';
import { listOrphans, type Orphan } from './uploads/orphans.ts';

/** An upload as it is now: the record, and what only the bytes and this process know. */
export interface FoundUpload {
  readonly record: StoredUpload;
  /** What the next append must name; null while a final upload is not joined. */
  readonly offset: number | null;
  /** Milliseconds since the epoch; null for never. */
  readonly expiresAt: number | null;
}

/** The questions that storage answers. None of them changes anything or disturbs a writer. */
export interface Reads {
  /** Deliveries on their way to hooks; added by the changes that cause them. */
  readonly outbox: Outbox;

  /** Throws NOT_FOUND, or GONE while the removal is remembered. */
  find(id: string): Promise<FoundUpload>;

  /** The record in any state, or undefined when nothing is known of the id. */
  remember(id: string): Promise<StoredUpload | undefined>;

  list(query?: ListQuery): AsyncGenerator<StoredUpload>;

  /** Records that a sweep may remove: unfinished ones and parts without a byte since `idleSince`,
   *  finished ones from before `finishedBefore` (milliseconds since the epoch; null for none). */
  condemnable(
    since: Pick<StatusMoment, 'idleSince' | 'finishedBefore'>,
  ): AsyncIterable<StoredUpload>;

  /** Claimed by a removal that did not come to its end. */
  unfinishedRemovals(): Promise<StoredUpload[]>;

  /** Bytes without a record and records without bytes (see uploads/orphans.ts). */
  orphans(olderThan: number): AsyncGenerator<Orphan>;

  timeline(record: StoredUpload): Promise<TimelineEntry[]>;
  totals(): Promise<UploadTotals[]>;
  statusTotals(at: StatusMoment): Promise<StatusTotals[]>;

  /** Bytes of an upload that are here; those of its parts while a final upload is not joined. */
  received(record: StoredUpload): Promise<number>;

  /** Whether there is any part, or any upload of parts. */
  hasParts(): Promise<boolean>;

  /** Final uploads that this one is a part of, joined or not, removed or not. */
  finalsOf(id: string): Promise<StoredUpload[]>;

  /** What any process noted under a key; null for nothing. */
  note(key: string): Promise<string | null>;

  idsBeginningWith(prefix: string, limit: number): Promise<string[]>;

  /** true while a process holds a lease that counts. */
  isBeingWritten(id: string): Promise<boolean>;

  /** Opens the bytes of an upload. Throws GONE, UNAVAILABLE, PERMISSION or IO. */
  open(record: UploadRecord): Promise<Reader>;

  /** Where all bytes are: a folder. */
  readonly place: string;

  /** Where the bytes of an upload are: a path. */
  locate(id: string): string;

  /** Bytes that are there; null when there are none, or while none can be seen. */
  size(record: UploadRecord): Promise<number | null>;

  /** Bytes that may still be written; Infinity where nothing tells. */
  room(): Promise<number>;

  /** "ok", or what is wrong with the catalog itself. */
  checkIntegrity(): Promise<string>;
}

export function createReads(context: StoreContext): Reads {
  const { catalog, bytes } = context;
  return {
    outbox: catalog.outbox,
    async find(id) {
      const record = await catalog.get(id);
      assertThere(context, record);
      const offset = isUnjoined(record) ? null : await currentOffset(context, record);
      return { record, offset, expiresAt: context.expiresAt(record) };
    },
    remember: (id) => catalog.get(id),
    async *list(query = {}) {
      for await (const page of catalog.list(query)) yield* page;
    },
    condemnable: (since) => catalog.condemnable(since),
    unfinishedRemovals: () => catalog.unfinishedRemovals(),
    orphans: (olderThan) => listOrphans(context, olderThan),
    timeline: (record) => catalog.timeline(record),
    totals: () => catalog.totals(),
    statusTotals: (at) => catalog.statusTotals(at),
    async received(record) {
      return isUnjoined(record) ? catalog.receivedOfParts(record) : record.offset;
    },
    hasParts: () => catalog.hasParts(),
    finalsOf: (id) => catalog.finalsOf(id),
    note: (key) => catalog.note(key),
    idsBeginningWith: (prefix, limit) => catalog.idsBeginningWith(prefix, limit),
    isBeingWritten: (id) => catalog.isLeased(id, context.now()),
    open: (record) => bytes.openForReading(record),
    place: bytes.place,
    locate: (id) => bytes.locate({ id }),
    async size(record) {
      try {
        return await bytes.size(record);
      } catch (error) {
        if (error instanceof Fault && error.code === 'UNAVAILABLE') return null;
        throw error;
      }
    },
    room: () => bytes.room(),
    checkIntegrity: () => catalog.checkIntegrity(),
  };
}
