import { statSync } from 'node:fs';
import Database from 'better-sqlite3';
import { errnoOf, Fault } from '../../../../fault.ts';
import { makePrivate, PRIVATE } from '../../../disk/file-access.ts';
import { catalogFault } from './database.ts';

/** Attempts to lock a file that keeps disappearing; after that it counts as in use. */
const ATTEMPTS = 5;

/**
 * One daemon per upload directory. The kernel holds the lock, on an otherwise empty SQLite file, and
 * releases it when the process ends, however it ends. So no lock is ever stale, and process ids do not
 * matter (two containers both have a process 1).
 */
export class ServingLock {
  readonly #database: Database.Database;

  private constructor(database: Database.Database) {
    this.#database = database;
  }

  /**
   * Locks the file that `prepare` creates. Throws DIRECTORY_IN_USE while another daemon holds it, and
   * what `prepare` throws.
   */
  static take(file: string, prepare: () => void = () => makePrivate(file, PRIVATE)): ServingLock {
    for (let attempt = 1; ; attempt++) {
      prepare();
      const lock = ServingLock.#tryTake(file);
      if (lock) return lock;
      if (attempt === ATTEMPTS) throw inUse();
    }
  }

  /** undefined when the file was replaced meanwhile: a lock on an unlinked file keeps no daemon out. */
  static #tryTake(file: string): ServingLock | undefined {
    let database: Database.Database | undefined;
    const inode = () => statSync(file, { throwIfNoEntry: false })?.ino;
    const before = inode();
    try {
      database = new Database(file, { timeout: 0 });
      database.pragma('journal_mode = MEMORY');
      database.exec('BEGIN EXCLUSIVE');
      if (before !== undefined && inode() === before) return new ServingLock(database);
      database.close();
      return undefined;
    } catch (error) {
      database?.close();
      if (errnoOf(error)?.startsWith('SQLITE_BUSY')) throw inUse(error);
      throw catalogFault(error, file);
    }
  }

  release(): void {
    this.#database.close();
  }
}

function inUse(cause?: unknown): Fault {
  return new Fault('DIRECTORY_IN_USE', 'another daemon already serves this directory', {
    hint: 'Stop it first, or give this one a directory of its own: --upload-dir',
    cause,
  });
}
