import type { Database, Statement } from 'better-sqlite3';
import type { StoredUpload } from '../../model/upload.ts';

/** Records that are kept; with more, all are dropped and the ones in use come back. */
const MOST = 2_000;

/**
 * Records as they were last read, for clients that ask for the same ones again and again. Whoever
 * changes a row in this process drops it here. What other processes have committed is asked of
 * SQLite once in a turn of the event loop: requests of one turn have come at the same time.
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

  /** The record, or what `read` finds; inside of a transaction always the latter. */
  get(id: string, read: () => StoredUpload | undefined): StoredUpload | undefined {
    // What a transaction has changed may yet be taken back.
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
