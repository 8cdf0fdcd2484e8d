import type { Database, Statement } from 'better-sqlite3';
import type { StoredUpload } from '../../../model/upload.ts';

/** Maximum number of records; beyond it the cache is cleared, and fills again with those in use. */
const MOST = 2_000;

/**
 * Caches records as last read, for clients that ask for the same ones repeatedly. A change to a row in
 * this process drops its record. Commits of other processes are checked for once per turn of the event
 * loop: requests of one turn count as simultaneous.
 */
export class RecordCache {
  readonly #database: Database;
  readonly #version: Statement<[], number>;
  readonly #byId = new Map<string, StoredUpload>();
  readonly #idOf = new Map<number, string>();
  #seen: number | undefined;
  #lookedInThisTurn = false;

  constructor(database: Database) {
    this.#database = database;
    this.#version = database.prepare<[], number>('PRAGMA data_version').pluck();
  }

  /** The cached record, or the result of `read`; always the latter inside a transaction. */
  get(id: string, read: () => StoredUpload | undefined): StoredUpload | undefined {
    // The transaction may still be rolled back.
    if (this.#database.inTransaction) return read();
    this.#look();
    const known = this.#byId.get(id);
    if (known) return known;
    const record = read();
    if (record) this.#keep(record);
    return record;
  }

  drop(seq: number): void {
    const id = this.#idOf.get(seq);
    if (id === undefined) return;
    this.#idOf.delete(seq);
    this.#byId.delete(id);
  }

  #keep(record: StoredUpload): void {
    if (this.#byId.size >= MOST) this.#clear();
    this.#byId.set(record.id, record);
    this.#idOf.set(record.seq, record.id);
  }

  #look(): void {
    if (this.#lookedInThisTurn) return;
    const version = this.#version.get();
    if (version !== this.#seen) this.#clear();
    this.#seen = version;
    this.#lookedInThisTurn = true;
    setImmediate(() => {
      this.#lookedInThisTurn = false;
    });
  }

  #clear(): void {
    this.#byId.clear();
    this.#idOf.clear();
  }
}
