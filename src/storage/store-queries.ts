import { catalogFault } from './database.ts';
import type { StoreContext } from './context.ts';
import { listOrphans, type Orphan } from './orphans.ts';
import type { StatusMoment } from './status-query.ts';
import type { TimelineEntry } from './timeline.ts';
import type { ListQuery, StatusTotals, UploadTotals } from './upload-queries.ts';
import type { StoredUpload } from './uploads-table.ts';

/** The questions to an upload directory: they change nothing and never disturb a writer. */
export abstract class StoreQueries {
  protected abstract readonly context: StoreContext;

  /** The record whatever its state, or undefined when nothing is known of the id. */
  async remember(id: string): Promise<StoredUpload | undefined> {
    const { catalog } = this.context;
    return catalog.read(() => catalog.uploads.get(id));
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
    const seqs = catalog.read(() => [
      ...(since.idleSince === null ? [] : catalog.queries.idleSince(since.idleSince)),
      ...(since.finishedBefore === null ? [] : catalog.queries.finishedBefore(since.finishedBefore)),
    ]);
    for (const seq of seqs) {
      const record = catalog.read(() => catalog.uploads.getBySeq(seq));
      if (record) yield record;
    }
  }

  /** Claimed by a removal that did not come to its end: its process died, or the file would not go. */
  async unfinishedRemovals(): Promise<StoredUpload[]> {
    const { catalog } = this.context;
    return catalog.read(() =>
      catalog.queries
        .removing()
        .map((seq) => catalog.uploads.getBySeq(seq))
        .filter((record) => record?.state === 'removing'),
    ) as StoredUpload[];
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

  /** Final uploads that this one is a part of, joined or not, removed or not. */
  async finalsOf(id: string): Promise<StoredUpload[]> {
    const { catalog } = this.context;
    return catalog.read(() =>
      catalog.queries
        .finalsOf(id)
        .map((seq) => catalog.uploads.getBySeq(seq))
        .filter((record) => record !== undefined),
    );
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
