import Database from 'better-sqlite3';
import { errnoOf, Fault } from '../../../fault.ts';
import { catalogFault } from './database.ts';

/**
 * One daemon per upload directory. The lock is the kernel's, on an otherwise empty SQLite file: it
 * goes with the process however that ends, so nothing is left behind that could be stale, and a
 * process id means nothing here (two containers both have a process 1).
 */
export class ServingLock {
  readonly #database: Database.Database;

  private constructor(database: Database.Database) {
    this.#database = database;
  }

  /** Throws DIRECTORY_IN_USE while another daemon holds it. */
  static take(file: string): ServingLock {
    let database: Database.Database | undefined;
    try {
      database = new Database(file, { timeout: 0 });
      database.pragma('journal_mode = MEMORY');
      database.exec('BEGIN EXCLUSIVE');
      return new ServingLock(database);
    } catch (error) {
      database?.close();
      if (errnoOf(error)?.startsWith('SQLITE_BUSY')) {
        throw new Fault('DIRECTORY_IN_USE', `another daemon already serves this directory`, {
          hint: 'Stop it first, or give this one a directory of its own: --upload-dir',
          cause: error,
        });
      }
      throw catalogFault(error, file);
    }
  }

  release(): void {
    this.#database.close();
  }
}
