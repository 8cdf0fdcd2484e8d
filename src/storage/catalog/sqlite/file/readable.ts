import { statSync } from 'node:fs';
import Database from 'better-sqlite3';
import { Fault } from '../../../../fault.ts';
import { catalogFault } from './database.ts';

/** A catalog of up to this size is read completely, which takes some milliseconds (bytes). */
const QUICK = 4 * 1024 * 1024;

/**
 * Reads the catalog through a connection of its own, which has nothing in memory yet: a connection that has
 * been open for long may not notice that its file was damaged or taken away. `inode` is that of the file that
 * was opened, `key` a note that was just written. Throws CATALOG_CORRUPT, PERMISSION or IO.
 */
export function assertReadable(
  serving: Database.Database,
  file: string,
  inode: number,
  key: string,
): void {
  let database: Database.Database | undefined;
  try {
    const found = statSync(file, { throwIfNoEntry: false });
    if (!found) throw new Fault('IO', `the catalog ${file} is not there any more`);
    // Its content would look right: the write-ahead log is found by its name.
    if (found.ino !== inode) throw anotherFile(file);
    database = new Database(file, { readonly: true, fileMustExist: true, timeout: 1_000 });
    if (noteOf(database, key) !== noteOf(serving, key)) throw anotherFile(file);
    database.prepare('SELECT max(seq) FROM uploads').get();
    const pages = database.pragma('page_count', { simple: true }) as number;
    const pageSize = database.pragma('page_size', { simple: true }) as number;
    if (pages * pageSize > QUICK) return;
    const damage = database.pragma('quick_check(1)', { simple: true });
    if (damage !== 'ok')
      throw new Fault('CATALOG_CORRUPT', `the catalog ${file} is damaged: ${damage}`);
  } catch (error) {
    throw catalogFault(error, file);
  } finally {
    database?.close();
  }
}

function noteOf(database: Database.Database, key: string): unknown {
  return database.prepare('SELECT value FROM meta WHERE key = ?').pluck().get(key);
}

function anotherFile(file: string): Fault {
  return new Fault('IO', `the catalog ${file} is another file than the one in use`);
}
