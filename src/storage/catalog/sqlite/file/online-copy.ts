import { closeSync, fsyncSync, openSync } from 'node:fs';
import Database from 'better-sqlite3';
import { fileFault } from '../../../../fault.ts';
import { catalogFault } from './database.ts';

/** SQLite starts over when another process commits between two steps: take all pages in one. */
const ALL_PAGES = 2 ** 31 - 1;

/**
 * Writes a consistent copy of an open catalog to `file`, which must not exist, while other processes
 * commit to the original. The copy has no leases: no process writes to it. It survives a power cut once
 * this resolves. Throws NO_SPACE, PERMISSION or IO.
 */
export async function copyOnline(database: Database.Database, file: string): Promise<void> {
  try {
    closeSync(openSync(file, 'wx', 0o600));
    await database.backup(file, { progress: () => ALL_PAGES });
    const copy = new Database(file);
    try {
      copy.exec('DELETE FROM leases; DELETE FROM owners;');
    } finally {
      copy.close();
    }
    const fd = openSync(file, 'r');
    try {
      fsyncSync(fd);
    } finally {
      closeSync(fd);
    }
  } catch (error) {
    throw fileFault(catalogFault(error, file), `making the copy ${file} of the catalog`);
  }
}
