import { randomUUID } from 'node:crypto';
import type Database from 'better-sqlite3';
import { Fault } from '../fault.ts';
import { catalogFile } from './catalog-file.ts';
import { catalogFault, type DatabaseOptions, openDatabase } from './database.ts';
import { LeasesTable, type OwnerRole } from './leases-table.ts';
import { OutboxTable } from './outbox-table.ts';
import { Reserve } from './reserve.ts';
import { TimelineTable } from './timeline-table.ts';
import { UploadQueries } from './upload-queries.ts';
import { UploadsTable } from './uploads-table.ts';

interface WaitingChange {
  readonly change: () => unknown;
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: unknown) => void;
}

/** The SQLite database that records uploads: its tables, and transactions over them. */
export class Catalog {
  readonly file: string;
  readonly uploads: UploadsTable;
  readonly queries: UploadQueries;
  readonly timeline: TimelineTable;
  readonly leases: LeasesTable;
  readonly outbox: OutboxTable;
  readonly reserve: Reserve;
  /** Names this process in leases. */
  readonly owner = randomUUID();
  readonly #database: Database.Database;
  readonly #transaction: Database.Transaction<(change: () => unknown) => unknown>;
  #together: WaitingChange[] = [];

  constructor(uploadDir: string, options: DatabaseOptions & { readonly mode?: number }) {
    this.file = catalogFile(uploadDir);
    this.reserve = new Reserve(uploadDir, options.mode);
    this.#database = this.reserve.useFor(() => openDatabase(this.file, options));
    try {
      this.#transaction = this.#database.transaction((change: () => unknown) => change());
      this.uploads = new UploadsTable(this.#database);
      this.queries = new UploadQueries(this.#database, this.uploads);
      this.timeline = new TimelineTable(this.#database);
      this.leases = new LeasesTable(this.#database);
      this.outbox = new OutboxTable(this.#database);
    } catch (error) {
      // The schema is not the one that its number promises.
      this.#database.close();
      throw catalogFault(error, this.file);
    }
  }

  /**
   * Runs `change` as one transaction that holds the write lock from its first statement: one that
   * began by reading would fail when another process wrote in between.
   */
  write<T>(change: () => T): T {
    try {
      return this.#transaction.immediate(change) as T;
    } catch (error) {
      throw catalogFault(error, this.file);
    }
  }

  /**
   * Like write, in one transaction with whatever else is asked for in this turn of the event loop:
   * a commit costs as much as the change of a row or two. `change` may run twice: when one of them
   * fails, all are done again one by one, each for itself.
   */
  writeTogether<T>(change: () => T): Promise<T> {
    return new Promise((resolve, reject) => {
      if (this.#together.length === 0) setImmediate(() => this.#commitTogether());
      this.#together.push({ change, resolve: resolve as (result: unknown) => void, reject });
    });
  }

  #commitTogether(): void {
    const changes = this.#together;
    this.#together = [];
    let results: unknown[];
    try {
      results = this.write(() => changes.map(({ change }) => change()));
    } catch (error) {
      if (isTheCatalogs(error)) for (const { reject } of changes) reject(error);
      else this.#commitOneByOne(changes);
      return;
    }
    for (const [index, { resolve }] of changes.entries()) resolve(results[index]);
  }

  #commitOneByOne(changes: readonly WaitingChange[]): void {
    for (const { change, resolve, reject } of changes) {
      try {
        resolve(this.write(change));
      } catch (error) {
        reject(error);
      }
    }
  }

  /** Like write, for what makes room and for what a start cannot do without: may use the reserve. */
  writeFromReserve<T>(change: () => T): T {
    return this.reserve.useFor(() => this.write(change));
  }

  /** Runs `question` and gives SQLite's errors a sentence. */
  read<T>(question: () => T): T {
    try {
      return question();
    } catch (error) {
      throw catalogFault(error, this.file);
    }
  }

  beat(role: OwnerRole, now: number): void {
    this.write(() => this.leases.beat(this.owner, role, now));
  }

  /** A remembered fact about the directory, such as the boot it was last served in. */
  getMeta(key: string): string | null {
    return (
      this.#database
        .prepare<[string], { value: string }>('SELECT value FROM meta WHERE key = ?')
        .get(key)?.value ?? null
    );
  }

  setMeta(key: string, value: string): void {
    this.#database
      .prepare(
        'INSERT INTO meta (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value',
      )
      .run(key, value);
  }

  /** "ok", or what SQLite found wrong. */
  checkIntegrity(): string {
    return this.read(() => this.#database.pragma('integrity_check', { simple: true }) as string);
  }

  close(): void {
    this.#database.close();
  }
}

/** Whatever was to be changed would have failed: no other change needs to wait for that again. */
function isTheCatalogs(error: unknown): boolean {
  return error instanceof Fault && error.code !== 'CONFLICT';
}
