import { statSync } from 'node:fs';
import Database from 'better-sqlite3';
import { errnoOf, Fault, fileFault } from '../../../../fault.ts';
import { copyCatalog } from './catalog-copy.ts';
import { MIGRATIONS } from './migrations.ts';

export interface DatabaseOptions {
  /** The daemon checkpoints from a thread of its own, so its commits never do. */
  readonly autoCheckpoint: boolean;
  /** Reading commands must not make a catalog where there is none. */
  readonly mustExist: boolean;
}

/**
 * Opens the catalog, checks that this program can use it and brings its schema up to date.
 * Throws CATALOG_CORRUPT, CATALOG_TOO_NEW, PERMISSION or IO with a hint.
 */
export function openDatabase(file: string, options: DatabaseOptions): Database.Database {
  if (!options.mustExist) return openForWriting(file, options);
  assertExists(file);
  try {
    const database = openForWriting(file, options);
    // Without shared memory opening succeeds and the first read fails.
    database.prepare('SELECT count(*) FROM meta').get();
    return database;
  } catch (error) {
    if (!(error instanceof Fault) || error.code !== 'PERMISSION') {
      throw catalogFault(error, file);
    }
    return openCopy(file);
  }
}

/** Opens a read-only copy: writes fail, as they would on the original. */
function openCopy(file: string): Database.Database {
  const copy = copyCatalog(file);
  try {
    const database = openForWriting(copy.file, { autoCheckpoint: true, mustExist: true });
    database.pragma('query_only = ON');
    return database;
  } catch (error) {
    throw error instanceof Fault && error.code === 'CATALOG_CORRUPT'
      ? catalogFault(error.cause, file)
      : error;
  } finally {
    // The open database keeps the removed file's content.
    copy.remove();
  }
}

function assertExists(file: string): void {
  try {
    if (statSync(file, { throwIfNoEntry: false })) return;
  } catch (error) {
    if (errnoOf(error) !== 'ENOTDIR') throw readFault(error, file);
  }
  throw new Fault('IO', `there is no catalog at ${file}`, {
    hint: 'Give the directory that the daemon serves: --upload-dir, or --config with its file.',
  });
}

function readFault(error: unknown, file: string): unknown {
  if (errnoOf(error) !== 'EACCES') return fileFault(error, `looking for the catalog ${file}`);
  return new Fault('PERMISSION', `not permitted to look for the catalog ${file}`, {
    hint: 'Run this command as the user of the daemon, or give its group access: fileGroup.',
    cause: error,
  });
}

function openForWriting(file: string, options: DatabaseOptions): Database.Database {
  let database: Database.Database | undefined;
  try {
    database = new Database(file, { timeout: 10_000 });
    // For a new catalog only: a commit logs whole pages, and our rows are small.
    database.pragma('page_size = 2048');
    const journal = database.pragma('journal_mode = WAL', { simple: true });
    if (journal !== 'wal') {
      throw new Fault('IO', `the file system of ${file} cannot hold a write-ahead log`, {
        hint: 'Keep the upload directory on a local file system: shared memory does not work here.',
      });
    }
    // WAL with NORMAL: a commit is atomic at once and durable when the WAL file is synced, which
    // durability.ts does for the commits that are confirmed to a client.
    database.pragma('synchronous = NORMAL');
    database.pragma('journal_size_limit = 67108864');
    if (!options.autoCheckpoint) database.pragma('wal_autocheckpoint = 0');
    migrate(database, file);
    return database;
  } catch (error) {
    database?.close();
    throw catalogFault(error, file);
  }
}

function migrate(database: Database.Database, file: string): void {
  const version = database.pragma('user_version', { simple: true }) as number;
  if (version > MIGRATIONS.length) {
    throw new Fault(
      'CATALOG_TOO_NEW',
      `the catalog ${file} was written by a newer tusd-ts (schema ${version}, this one knows ${MIGRATIONS.length})`,
      { hint: 'Run the newer version, or restore the catalog from before the upgrade.' },
    );
  }
  if (version === MIGRATIONS.length) return;
  // IMMEDIATE: of two processes that start together, one migrates and the other finds nothing to do.
  database
    .transaction(() => {
      const from = database.pragma('user_version', { simple: true }) as number;
      for (const step of MIGRATIONS.slice(from)) database.exec(step);
      database.pragma(`user_version = ${MIGRATIONS.length}`);
    })
    .immediate();
}

/** Turns SQLite's errors into Faults; any other error passes unchanged. */
export function catalogFault(error: unknown, file: string): unknown {
  if (error instanceof TypeError && error.message.includes('directory does not exist')) {
    return new Fault('IO', `the directory of ${file} is not there`, { cause: error });
  }
  const code = errnoOf(error);
  if (error instanceof Fault || code === undefined) return error;
  const cause = { cause: error };
  if (code.startsWith('SQLITE_CORRUPT') || code.startsWith('SQLITE_NOTADB')) {
    return new Fault('CATALOG_CORRUPT', `the catalog ${file} is damaged (${code})`, {
      hint: `The uploaded files are not touched by this. Restore the catalog from a backup, or move it and its -wal and -shm files away: finished files stay on disk, and cleanup will list them as files without a record.`,
      publicMessage: 'the server could not do this',
      ...cause,
    });
  }
  // SQLITE_IOERR_SHMSIZE: the log's index could not grow. SQLite has no other code for it.
  if (code === 'SQLITE_FULL' || code === 'SQLITE_IOERR_SHMSIZE') {
    return new Fault('NO_SPACE', `no space left on the disk for the catalog ${file}`, {
      hint: 'Free some space or remove old uploads: tusd-ts cleanup --dry-run',
      publicMessage: 'no room is left on the disk',
      ...cause,
    });
  }
  if (code.startsWith('SQLITE_READONLY') || code === 'SQLITE_PERM' || code === 'SQLITE_AUTH') {
    return new Fault('PERMISSION', `the catalog ${file} cannot be written (${code})`, {
      hint: 'Run tusd-ts as the user who owns the upload directory.',
      ...cause,
    });
  }
  if (code.startsWith('SQLITE_CANTOPEN')) {
    return new Fault('PERMISSION', `the catalog ${file} cannot be opened`, {
      hint: 'Is the upload directory there, and may this user write to it?',
      ...cause,
    });
  }
  if (code.startsWith('SQLITE_CONSTRAINT')) {
    return new Fault('CONFLICT', 'an upload of this id is there already', cause);
  }
  if (code.startsWith('SQLITE_BUSY')) {
    return new Fault('UNAVAILABLE', `the catalog ${file} is locked by another process`, {
      hint: 'Try again; if it lasts, see which process holds it (lsof).',
      publicMessage: 'the server is busy; try again in a moment',
      ...cause,
    });
  }
  if (code.startsWith('SQLITE_')) {
    return new Fault('IO', `the catalog ${file} failed (${code})`, cause);
  }
  return error;
}
