import type { StoreContext } from './context.ts';
import { catalogFault } from './database.ts';
import { listOrphans, type Orphan } from './orphans.ts';
import type { OutboxTable } from './outbox-table.ts';
import type { StatusMoment } from './status-query.ts';
import type { TimelineEntry } from './timeline.ts';
import type { ListQuery, StatusTotals, UploadTotals } from './upload-queries.ts';
import type { StoredUpload } from './uploads-table.ts';

/** The questions that storage answers; none of them changes or disturbs anything. */
export abstract class StoreReader {
  protected readonly context: StoreContext;

  protected constructor(context: StoreContext) {
    this.context = context;
  }

  /** Deliveries waiting for hooks; rows are added by the changes that cause them. */
  get outbox(): OutboxTable {
    return this.context.catalog.outbox;
  }

  /** The record whatever its state, or undefined when nothing is known of the id. */
  async remember(id: string): Promise<StoredUpload | undefined> {
    return this.context.catalog.read(() => this.context.catalog.uploads.get(id));
  }

  async *list(query: ListQuery = {}): AsyncGenerator<StoredUpload> {
    const { queries, file } = this.context.catalog;
    try {
      yield* queries.list(query);
    } catch (error) {
      throw catalogFault(error, file);
    }
  }

  /** Records that a sweep may remove: unfinished ones and parts without a byte since `idleSince`,
   *  finished ones from before `finishedBefore` (milliseconds since the epoch; null for none). */
  async *condemnable(since: {
    idleSince: number | null;
    finishedBefore: number | null;
  }): AsyncGenerator<StoredUpload> {
    const { catalog } = this.context;
    const { queries, uploads } = catalog;
    const seqs = catalog.read(() => [
      ...(since.idleSince === null ? [] : queries.idleSince(since.idleSince)),
      ...(since.finishedBefore === null ? [] : queries.finishedBefore(since.finishedBefore)),
    ]);
    for (const seq of seqs) {
      const record = catalog.read(() => uploads.getBySeq(seq));
      if (record) yield record;
    }
  }

  /** Claimed by a removal that did not come to its end: its process died, or the file would not go. */
  async unfinishedRemovals(): Promise<StoredUpload[]> {
    const { catalog } = this.context;
    const { queries, uploads } = catalog;
    const records = catalog.read(() => queries.removing().map((seq) => uploads.getBySeq(seq)));
    return records.filter((record) => record?.state === 'removing') as StoredUpload[];
  }

  /** Files without a record and records without a file (see orphans.ts). */
  orphans(olderThan: number): AsyncGenerator<Orphan> {
    return listOrphans(this.context, olderThan);
  }

  async timeline(record: StoredUpload): Promise<TimelineEntry[]> {
    const { catalog } = this.context;
    return catalog.read(() => catalog.timeline.of(record.seq));
  }

  async totals(): Promise<UploadTotals[]> {
    const { catalog } = this.context;
    return catalog.read(() => catalog.queries.totals());
  }

  async statusTotals(at: StatusMoment): Promise<StatusTotals[]> {
    const { catalog } = this.context;
    return catalog.read(() => catalog.queries.statusTotals(at));
  }

  /** Bytes of an upload that are here; those of its parts while a final upload is not joined. */
  async received(record: StoredUpload): Promise<number> {
    if (record.kind !== 'final' || record.state === 'finished') return record.offset;
    const { catalog } = this.context;
    return catalog.read(() => catalog.queries.receivedOfParts(record.seq));
  }

  /** Whether there is any part, or any upload of parts. */
  async hasParts(): Promise<boolean> {
    const { catalog } = this.context;
    return catalog.read(() => catalog.queries.hasParts());
  }

  /** Final uploads that this one is a part of, joined or not, removed or not. */
  async finalsOf(id: string): Promise<StoredUpload[]> {
    const { catalog } = this.context;
    const { queries, uploads } = catalog;
    const records = catalog.read(() => queries.finalsOf(id).map((seq) => uploads.getBySeq(seq)));
    return records.filter((record) => record !== undefined);
  }

  /** What was noted about this directory under a name, by whichever process; null for nothing. */
  async note(key: string): Promise<string | null> {
    const { catalog } = this.context;
    return catalog.read(() => catalog.getMeta(key));
  }

  async idsBeginningWith(prefix: string, limit: number): Promise<string[]> {
    const { catalog } = this.context;
    return catalog.read(() => catalog.queries.idsBeginningWith(prefix, limit));
  }

  /** true while a process holds a lease that counts. */
  async isBeingWritten(id: string): Promise<boolean> {
    const { catalog, now } = this.context;
    return catalog.read(() => catalog.leases.holder(id, now())) !== undefined;
  }

  /** Where the data files are. */
  get folder(): string {
    return this.context.files.folder;
  }

  path(id: string): string {
    return this.context.files.path(id);
  }

  /** Bytes on disk; null when there is no file. */
  sizeOnDisk(id: string): number | null {
    return this.context.files.size(id);
  }

  async freeSpace(): Promise<number> {
    return this.context.files.freeSpace();
  }

  checkIntegrity(): string {
    return this.context.catalog.checkIntegrity();
  }
}
