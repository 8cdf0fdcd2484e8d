// Moves what is in the write-ahead log into the catalog, in a thread of its own: a checkpoint syncs
// the disk, and the event loop must not wait for that. JavaScript, because a thread of Node 20
// cannot be started from TypeScript when the program runs from its sources.
import { parentPort, workerData } from 'node:worker_threads';
import Database from 'better-sqlite3';

const EVERY = 1_000;
/**
 * Pages in the log from which it is made to begin anew. Moving pages alone never gets there while
 * others are written, and a log that grows costs more than one that is written over.
 */
const LONG = 8_192;

/** With so few pages written until it is idle, it ends: a daemon without clients writes fewer. */
const FEW = 256;

/** @type {{ file: string, idle: number }} */
const { file, idle } = workerData;
const database = new Database(file, { timeout: 1_000 });
database.pragma('synchronous = NORMAL');

/**
 * @param {'PASSIVE' | 'RESTART'} mode
 * @returns {number} pages in the log
 */
function checkpoint(mode) {
  const rows = /** @type {{ log: number }[]} */ (database.pragma(`wal_checkpoint(${mode})`));
  return rows[0]?.log ?? 0;
}

let known = 0;
let written = 0;
let turns = 0;

/** @param {number} pages in the log, which may have begun anew */
function count(pages) {
  written += pages < known ? pages : pages - known;
  known = pages;
}

const timer = setInterval(() => {
  try {
    // Holds up nobody, and leaves so little that beginning anew holds up writers for a moment only.
    const pages = checkpoint('PASSIVE');
    count(pages);
    if (pages > LONG) count(checkpoint('RESTART'));
    turns += 1;
    if (turns * EVERY < idle) return;
    if (written < FEW) end();
    turns = 0;
    written = 0;
  } catch {
    // Busy: the next turn tries again, and nothing is lost by waiting.
  }
}, EVERY);

function end() {
  clearInterval(timer);
  parentPort?.close();
  database.close();
}

// Asked to end, and not terminated: SQLite's binding aborts the process when it has to throw in a
// thread that is being terminated.
parentPort?.once('message', end);
