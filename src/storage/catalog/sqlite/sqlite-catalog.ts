import { statSync } from 'node:fs';
import type { Database } from 'better-sqlite3';
import { syncerOf } from '../../disk/shared-sync.ts';
import type { Catalog } from '../catalog.ts';
import type { OwnerRole } from '../processes.ts';
import { createCounting } from './counting.ts';
import { catalogFile } from './file/catalog-file.ts';
import { Checkpoints } from './file/checkpoints.ts';
import { catalogFault, openDatabase } from './file/database.ts';
import { copyOnline } from './file/online-copy.ts';
import { assertReadable } from './file/readable.ts';
import { Reserve } from './file/reserve.ts';
import { Transactions } from './file/transactions.ts';
import { createJoining } from './joining.ts';
import { createLinks } from './links.ts';
import { OwnLeases } from './own-leases.ts';
import { createProcesses } from './processes.ts';
import { createReading } from './reading.ts';
import { createReceiving } from './receiving.ts';
import { createRemoving } from './removing.ts';
import { SqliteOutbox } from './sqlite-outbox.ts';
import { createPlacements } from './sqlite-placements.ts';
import { prepareTables, type Tables } from './tables/tables.ts';

/** A note that is written to find out whether notes can be written. */
const PROBE = 'probe';

export interface SqliteOptions {
  readonly role: OwnerRole;
  /** Permission bits of the catalog's files. */
  readonly mode?: number;
  readonly warn: (message: string) => void;
}

/**
 * Opens the catalog of one upload directory in SQLite. A daemon creates a missing catalog and migrates
 * an older one. Throws CATALOG_CORRUPT, CATALOG_TOO_NEW, PERMISSION or IO.
 *
 * A unit of work is synchronous inside: no statement of another request can join its transaction. A
 * file reserves room for the units that must work on a full disk (reserve.ts).
 */
export function openSqliteCatalog(uploadDir: string, options: SqliteOptions): Catalog {
  const { role, mode, warn } = options;
  const file = catalogFile(uploadDir);
  const reserve = new Reserve(uploadDir, mode);
  const daemon = role === 'daemon';
  const database = reserve.useFor(() =>
    openDatabase(file, { autoCheckpoint: !daemon, mustExist: !daemon }),
  );
  const tables = tablesOf(database, file);
  const inode = statSync(file, { throwIfNoEntry: false })?.ino ?? 0;
  const checkpoints = daemon ? new Checkpoints(file, warn) : undefined;
  const transactions = new Transactions(database, file, reserve, () => checkpoints?.start());
  const work = { tables, transactions, leases: new OwnLeases(tables.leases) };
  const log = syncerOf(`${file}-wal`);
  const upkeep = () => reserve.fill();
  return {
    outbox: new SqliteOutbox(tables.outbox, transactions),
    placements: createPlacements(work),
    ...createReceiving(work),
    ...createJoining(work),
    ...createRemoving(work),
    ...createProcesses(work, role, upkeep),
    ...createReading(work, file),
    ...createLinks(work),
    ...createCounting(work),

    // With `synchronous=NORMAL` a commit is in the write-ahead log but not synced; one sync of that
    // file, from the thread pool, makes a batch of commits durable without holding up the event
    // loop. A checkpoint in between syncs the log itself before it moves pages.
    persist: () => log.sync.request(),

    async probe() {
      transactions.write(() => tables.meta.set(PROBE, String(Date.now())));
      assertReadable(database, file, inode, PROBE);
    },

    checkIntegrity: async () =>
      transactions.read(() => database.pragma('integrity_check', { simple: true }) as string),

    copyTo: (folder) => copyOnline(database, catalogFile(folder)),

    async close() {
      await checkpoints?.stop();
      reserve.refill();
      log.close();
      database.close();
    },
  };
}

function tablesOf(database: Database, file: string): Tables {
  try {
    return prepareTables(database);
  } catch (error) {
    database.close();
    throw catalogFault(error, file);
  }
}
