// Moves what is in the write-ahead log into the catalog, in a thread of its own: a checkpoint syncs
// the disk, and the event loop must not wait for that. JavaScript, because a thread of Node 20
// cannot be started from TypeScript when the program runs from its sources.
import { statSync } from 'node:fs';
import { workerData } from 'node:worker_threads';
import Database from 'better-sqlite3';

const EVERY = 2_000;
const WORTH_IT = 4 * 1024 * 1024;
/** A log this large is reset even if that holds up writers for a moment. */
const TOO_LARGE = 128 * 1024 * 1024;

/** @type {{ file: string }} */
const { file } = workerData;
const database = new Database(file, { timeout: 1_000 });
database.pragma('synchronous = NORMAL');

setInterval(() => {
  const size = statSync(`${file}-wal`, { throwIfNoEntry: false })?.size ?? 0;
  if (size < WORTH_IT) return;
  try {
    database.pragma(size > TOO_LARGE ? 'wal_checkpoint(RESTART)' : 'wal_checkpoint(PASSIVE)');
  } catch {
    // Busy: the next turn tries again, and nothing is lost by waiting.
  }
}, EVERY);
