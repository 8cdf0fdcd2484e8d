import { randomUUID } from 'node:crypto';
import type Database from 'better-sqlite3';
import { type SharedSync, syncerOf } from '../../disk/shared-sync.ts';
import type { ListQuery, StatusMoment } from '../../model/list-query.ts';
import { isUnfinished, type StoredUpload } from '../../model/upload.ts';
import type {
  Catalog,
  Creation,
  Ending,
  Finish,
  Held,
  JoinStart,
  Lease,
  OwnerRole,
  Progress,
  Refusal,
  RemovalClaim,
} from '../catalog.ts';
import { catalogFile } from './catalog-file.ts';
import { Checkpoints } from './checkpoints.ts';
import { catalogFault, openDatabase } from './database.ts';
import { beginJoin } from './join.ts';
import { claimRemoval } from './removal.ts';
import { Reserve } from './reserve.ts';
import { SqliteOutbox } from './sqlite-outbox.ts';
import { prepareTables, type Tables } from './tables.ts';
import { Transactions } from './transactions.ts';

export interface SqliteOptions {
  readonly role: OwnerRole;
  /** Permission bits of the catalog's files. */
  readonly mode?: number;
  readonly warn: (message: string) => void;
}

/** Rows of removed uploads that one transaction drops. */
const FORGOTTEN_AT_ONCE = 100;

/**
 * The catalog of one upload directory in SQLite. A unit is synchronous inside: no statement of
 * another request can join its transaction. A file keeps room on the disk for what must go on when
 * it is full (reserve.ts).
 */
export class SqliteCatalog implements Catalog {
  readonly file: string;
  readonly outbox: SqliteOutbox;
  readonly #role: OwnerRole;
  readonly #database: Database.Database;
  readonly #tables: Tables;
  readonly #transactions: Transactions;
  readonly #reserve: Reserve;
  readonly #checkpoints: Checkpoints | undefined;
  readonly #log: { readonly sync: SharedSync; close(): void };
  /** Names this process in leases. */
  readonly #owner = randomUUID();
  #epoch = 0;

  private constructor(uploadDir: string, { role, mode, warn }: SqliteOptions) {
    this.file = catalogFile(uploadDir);
    this.#role = role;
    this.#reserve = new Reserve(uploadDir, mode);
    const daemon = role === 'daemon';
    this.#database = this.#reserve.useFor(() =>
      openDatabase(this.file, { autoCheckpoint: !daemon, mustExist: !daemon }),
    );
    try {
      this.#tables = prepareTables(this.#database);
    } catch (error) {
      this.#database.close();
      throw catalogFault(error, this.file);
    }
    this.#transactions = new Transactions(this.#database, this.file, this.#reserve);
    this.outbox = new SqliteOutbox(this.#tables.outbox, this.#transactions);
    this.#log = syncerOf(`${this.file}-wal`);
    this.#checkpoints = daemon ? new Checkpoints(this.file, warn) : undefined;
  }

  /**
   * Opens the catalog of an upload directory; a daemon makes it where there is none, and brings an
   * older one up to date. Throws CATALOG_CORRUPT, CATALOG_TOO_NEW, PERMISSION or IO.
   */
  static open(uploadDir: string, options: SqliteOptions): SqliteCatalog {
    return new SqliteCatalog(uploadDir, options);
  }

  async createUpload(creation: Creation): Promise<StoredUpload> {
    return this.#transactions.write(() => this.#insert(creation));
  }

  async createLeased(creation: Creation): Promise<{ record: StoredUpload; lease: Lease }> {
    const { id } = creation.record;
    return this.#transactions.write(() => {
      const record = this.#insert(creation);
      const lease = this.#newLease(record);
      if (!this.#tables.leases.take(id, this.#holder(lease), creation.at)) {
        throw new Error(`the new upload ${id} is leased already`);
      }
      return { record, lease };
    });
  }

  createFinished(creation: Creation): Promise<StoredUpload> {
    return this.#transactions.writeTogether(() => this.#insert(creation));
  }

  async beginAppend(id: string, at: number): Promise<Held | undefined> {
    const { uploads, leases } = this.#tables;
    return this.#transactions.write(() => {
      const record = uploads.get(id);
      if (!record) return undefined;
      if (record.state !== 'receiving' || record.kind === 'final') return { record, lease: null };
      const lease = this.#newLease(record);
      return { record, lease: leases.take(id, this.#holder(lease), at) ? lease : null };
    });
  }

  async record(lease: Lease, ending: Ending): Promise<boolean> {
    return this.#transactions.write(() => this.#recordEnding(lease, ending));
  }

  async progress(batch: readonly Progress[]): Promise<readonly Lease[]> {
    const { uploads } = this.#tables;
    return this.#transactions.write(() =>
      batch.flatMap(({ lease, activeAt, received }) => {
        if (!this.#holds(lease)) return lease;
        if (received) uploads.advance(lease.seq, { activeAt, ...received });
        else uploads.update(lease.seq, { activeAt });
        return [];
      }),
    );
  }

  async endAppend(lease: Lease, ending: Ending): Promise<boolean> {
    return this.#transactions.write(() => {
      const recorded = this.#recordEnding(lease, ending);
      this.#drop(lease);
      return recorded;
    });
  }

  async release(lease: Lease): Promise<void> {
    this.#transactions.write(() => this.#drop(lease));
  }

  async finish(lease: Lease, { change, timeline, deliveries, at }: Finish): Promise<boolean> {
    const tables = this.#tables;
    return this.#transactions.write(() => {
      if (!this.#holds(lease)) return false;
      if (!tables.uploads.finish(lease.seq, { ...change, finishedAt: at })) return false;
      for (const entry of timeline) tables.timeline.add(lease.seq, at, entry);
      tables.timeline.add(lease.seq, at, { event: 'finished' });
      tables.outbox.add(lease.id, deliveries, at);
      this.#drop(lease);
      return true;
    });
  }

  async refuse(lease: Lease, { why, remembered, change = {}, at }: Refusal): Promise<void> {
    const { uploads, timeline } = this.#tables;
    this.#transactions.write(() => {
      if (!this.#holds(lease)) return;
      const changes = { ...change, ...(remembered ? { refusal: why } : {}) };
      if (Object.keys(changes).length > 0) uploads.update(lease.seq, changes);
      timeline.add(lease.seq, at, { event: 'refused', why });
      this.#drop(lease);
    });
  }

  async beginJoin(id: string, at: number): Promise<JoinStart> {
    return this.#transactions.write(() =>
      beginJoin(this.#tables, id, at, (record) => {
        const lease = this.#newLease(record);
        return this.#tables.leases.take(id, this.#holder(lease), at) ? lease : null;
      }),
    );
  }

  async finalsWaitingFor(part: string): Promise<string[]> {
    return this.#transactions.read(() => this.#tables.uploads.finalsWaitingFor(part));
  }

  async touch(id: string, at: number): Promise<void> {
    const { uploads } = this.#tables;
    this.#transactions.write(() => {
      const record = uploads.get(id);
      if (record && isUnfinished(record)) uploads.update(record.seq, { activeAt: at });
    });
  }

  async claimRemoval(seen: StoredUpload, claim: RemovalClaim) {
    return this.#transactions.writeFromReserve(() =>
      claimRemoval(this.#tables, this.#owner, seen, claim),
    );
  }

  async removalDone(id: string): Promise<void> {
    const { uploads } = this.#tables;
    this.#transactions.writeFromReserve(() => {
      const record = uploads.get(id);
      if (record?.state === 'removing') uploads.update(record.seq, { state: 'removed' });
    });
  }

  async forget(before: number, limit: number): Promise<number> {
    const { uploads, queries } = this.#tables;
    const most = Math.min(limit, FORGOTTEN_AT_ONCE);
    return this.#transactions.write(() => {
      const seqs = queries.removedBefore(before, most);
      for (const seq of seqs) uploads.delete(seq);
      return seqs.length;
    });
  }

  async heartbeat(at: number): Promise<void> {
    this.#transactions.writeFromReserve(() =>
      this.#tables.leases.beat(this.#owner, this.#role, at),
    );
    this.#reserve.fill();
    this.#checkpoints?.start();
  }

  async inheritLeases(): Promise<Lease[]> {
    const { leases, uploads } = this.#tables;
    this.#epoch += 1;
    const epoch = this.#epoch;
    return this.#transactions.writeFromReserve(() =>
      leases.inherit({ owner: this.#owner, epoch }).map((id) => {
        // A lease may outlive its record: `release` drops it all the same.
        return { id, seq: uploads.get(id)?.seq ?? 0, epoch };
      }),
    );
  }

  async leave(): Promise<void> {
    this.#transactions.write(() => this.#tables.leases.leave(this.#owner));
  }

  async isLeased(id: string, at: number): Promise<boolean> {
    return this.#transactions.read(() => this.#tables.leases.holder(id, at)) !== undefined;
  }

  async claimSlot(schedule: string, slot: number): Promise<boolean> {
    const { meta } = this.#tables;
    const key = `slot:${schedule}`;
    return this.#transactions.write(() => {
      const last = meta.get(key);
      if (last !== null && Number(last) >= slot) return false;
      meta.set(key, String(slot));
      return true;
    });
  }

  async get(id: string): Promise<StoredUpload | undefined> {
    return this.#transactions.read(() => this.#tables.uploads.get(id));
  }

  async *list(query: ListQuery): AsyncGenerator<readonly StoredUpload[]> {
    try {
      yield* this.#tables.queries.list(query);
    } catch (error) {
      throw catalogFault(error, this.file);
    }
  }

  async *condemnable({
    idleSince,
    finishedBefore,
  }: Pick<StatusMoment, 'idleSince' | 'finishedBefore'>): AsyncGenerator<StoredUpload> {
    const { queries, uploads } = this.#tables;
    const seqs = this.#transactions.read(() => [
      ...(idleSince === null ? [] : queries.idleSince(idleSince)),
      ...(finishedBefore === null ? [] : queries.finishedBefore(finishedBefore)),
    ]);
    for (const seq of seqs) {
      const record = this.#transactions.read(() => uploads.getBySeq(seq));
      if (record) yield record;
    }
  }

  async unfinishedRemovals(): Promise<StoredUpload[]> {
    return this.#bySeq((queries) => queries.removing());
  }

  async finalsOf(part: string): Promise<StoredUpload[]> {
    return this.#bySeq((queries) => queries.finalsOf(part));
  }

  async unfinished(): Promise<string[]> {
    return this.#transactions.read(() => this.#tables.queries.unfinished());
  }

  async unfinishedButComplete(): Promise<string[]> {
    return this.#transactions.read(() => this.#tables.queries.unfinishedButComplete());
  }

  async receivedOfParts({ seq }: StoredUpload): Promise<number> {
    return this.#transactions.read(() => this.#tables.queries.receivedOfParts(seq));
  }

  async hasParts(): Promise<boolean> {
    return this.#transactions.read(() => this.#tables.queries.hasParts());
  }

  async *stored(): AsyncGenerator<readonly { readonly id: string; readonly activeAt: number }[]> {
    for (let after = -1; ; ) {
      const page = this.#transactions.read(() => this.#tables.queries.stored(after));
      if (page.length === 0) return;
      yield page;
      after = page.at(-1)!.seq;
    }
  }

  async known(ids: readonly string[]): Promise<ReadonlySet<string>> {
    return this.#transactions.read(() => this.#tables.queries.known(ids));
  }

  async idsBeginningWith(prefix: string, limit: number): Promise<string[]> {
    return this.#transactions.read(() => this.#tables.queries.idsBeginningWith(prefix, limit));
  }

  async timeline({ seq }: StoredUpload) {
    return this.#transactions.read(() => this.#tables.timeline.of(seq));
  }

  async totals() {
    return this.#transactions.read(() => this.#tables.queries.totals());
  }

  async statusTotals(at: StatusMoment) {
    return this.#transactions.read(() => this.#tables.queries.statusTotals(at));
  }

  async note(key: string): Promise<string | null> {
    return this.#transactions.read(() => this.#tables.meta.get(key));
  }

  async setNote(key: string, value: string): Promise<void> {
    this.#transactions.writeFromReserve(() => this.#tables.meta.set(key, value));
  }

  /**
   * With `synchronous=NORMAL` a commit is in the write-ahead log but not synced; one sync of that
   * file, from the thread pool, makes a batch of commits durable without holding up the event loop.
   * A checkpoint in between syncs the log itself before it moves pages.
   */
  persist(): Promise<void> {
    return this.#log.sync.request();
  }

  async checkIntegrity(): Promise<string> {
    return this.#transactions.read(
      () => this.#database.pragma('integrity_check', { simple: true }) as string,
    );
  }

  async close(): Promise<void> {
    await this.#checkpoints?.stop();
    this.#reserve.refill();
    this.#log.close();
    this.#database.close();
  }

  #insert({ record, timeline, deliveries, at }: Creation): StoredUpload {
    const tables = this.#tables;
    const seq = tables.uploads.insert(record);
    tables.timeline.begin(seq, at, timeline);
    tables.outbox.add(record.id, deliveries, at);
    return { ...record, seq };
  }

  #recordEnding(lease: Lease, { change, timeline, at }: Ending): boolean {
    if (!this.#holds(lease)) return false;
    if (Object.keys(change).length > 0 && !this.#tables.uploads.update(lease.seq, change)) {
      return false;
    }
    for (const entry of timeline) this.#tables.timeline.add(lease.seq, at, entry);
    return true;
  }

  #newLease({ id, seq }: StoredUpload): Lease {
    this.#epoch += 1;
    return { id, seq, epoch: this.#epoch };
  }

  #holder({ epoch }: Lease) {
    return { owner: this.#owner, epoch };
  }

  #holds(lease: Lease): boolean {
    return this.#tables.leases.holds(lease.id, this.#holder(lease));
  }

  #drop(lease: Lease): void {
    this.#tables.leases.drop(lease.id, this.#holder(lease));
  }

  #bySeq(find: (queries: Tables['queries']) => number[]): StoredUpload[] {
    const { queries, uploads } = this.#tables;
    return this.#transactions.read(() =>
      find(queries).flatMap((seq) => uploads.getBySeq(seq) ?? []),
    );
  }
}
