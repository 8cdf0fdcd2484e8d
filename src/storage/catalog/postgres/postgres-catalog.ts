import type { Catalog } from '../catalog.ts';
import type { OwnerRole } from '../processes.ts';
import { Asks } from './asks.ts';
import { createCounting } from './counting.ts';
import { type ConnectOptions, connect } from './database/connect.ts';
import { Database } from './database/database.ts';
import { Listener } from './database/listener.ts';
import { hasSchema, migrate } from './database/migrate.ts';
import { HeldLeases } from './held-leases.ts';
import { integrityOf } from './integrity.ts';
import { createJoining } from './joining.ts';
import { createLinks } from './links.ts';
import { createOutbox } from './postgres-outbox.ts';
import { createPlacements } from './postgres-placements.ts';
import { createProcesses } from './processes.ts';
import { createReading } from './reading.ts';
import { createReceiving } from './receiving.ts';
import { createRemoving } from './removing.ts';
import { STEPS } from './tables/migrations.ts';

/** A note that is written to find out whether notes can be written. */
const PROBE = 'probe';

export interface PostgresOptions extends ConnectOptions {
  readonly role: OwnerRole;
  readonly warn: (message: string) => void;
}

/**
 * Opens the catalog in a PostgreSQL database, which any number of processes on any machines share. Its
 * tables begin with `tusd_` and are found by the search path. A daemon makes what is missing and upgrades
 * what is older. Throws CONFIG, CATALOG_TOO_NEW, PERMISSION, UNAVAILABLE or IO.
 *
 * Nearly every unit of work is one statement, so it takes one round trip and holds a connection for no
 * longer. One whose answer was lost is tried again, and finds out whether it was done before.
 */
export async function openPostgresCatalog(options: PostgresOptions): Promise<Catalog> {
  const connections = await connect(options, options.warn);
  const database = new Database(connections);
  try {
    await migrate(database, STEPS, options.role === 'daemon');
  } catch (error) {
    await database.close();
    throw error;
  }
  const leases = new HeldLeases();
  const work = { database, leases };
  const listener = connections.pooled ? undefined : new Listener(connections.client);
  const asks = new Asks(database, leases.owner, listener);
  const processes = createProcesses(work, options.role, asks);
  return {
    outbox: createOutbox(work),
    placements: createPlacements(work),
    ...createReceiving(work),
    ...createJoining(work),
    ...createRemoving(work),
    ...processes,
    ...createReading(work),
    ...createLinks(work),
    ...createCounting(work),

    // A commit that was answered survives a power cut of the server; `connect` warns where it does not.
    persist: async () => {},

    probe: () => processes.setNote(PROBE, String(Date.now())),

    checkIntegrity: () => integrityOf(database),

    async close() {
      await asks.close();
      await database.close();
    },
  };
}

/** Whether a database has a catalog; makes nothing. Throws CONFIG, PERMISSION, UNAVAILABLE or IO. */
export async function hasPostgresCatalog(options: ConnectOptions): Promise<boolean> {
  const database = new Database(await connect(options, () => {}));
  try {
    return await hasSchema(database);
  } finally {
    await database.close();
  }
}
