import type { ConnectionOptions } from 'node:tls';
import type { Client, ClientBase, ClientConfig, Pool } from 'pg';
import { Fault } from '../../../../fault.ts';
import { postgresFault, sqlStateOf } from './postgres-fault.ts';
import { TYPES } from './values.ts';

export interface ConnectOptions {
  /** postgres://user:password@host:port/database; for the folder of a socket postgres://user@/database?host=/folder. */
  readonly url: string;
  /** The most connections, at least 2; default 10. One of them waits for notifications. */
  readonly poolSize?: number;
  /** How long to wait for a free connection, and for a new one (milliseconds); default 10 seconds. */
  readonly waitFor?: number;
  /** true, or options of TLS such as `ca`. By default what the URL says. */
  readonly ssl?:
    | boolean
    | Pick<ConnectionOptions, 'ca' | 'cert' | 'key' | 'servername' | 'rejectUnauthorized'>
    | undefined;
}

/** What connects to one database. */
export interface Connections {
  readonly pool: Pool;
  /** A connection of its own, which is not open yet. */
  client(): Client;
  /**
   * true behind a pooler such as PgBouncer: the next transaction may be on another session, so there are no
   * notifications and no prepared statements.
   */
  readonly pooled: boolean;
  /** Names the server in messages, without user and password. */
  readonly where: string;
}

/** How soon the kernel looks whether a silent server is still there (milliseconds). */
const KEEP_ALIVE = 10_000;
/** The server ends a statement that takes longer (milliseconds). */
const STATEMENT = 30_000;

/** Settings of each session, which a pooler may refuse. */
const SESSION = {
  statement_timeout: STATEMENT,
  idle_in_transaction_session_timeout: STATEMENT,
} as const;

/** protocol_violation: PgBouncer's answer to a setting that it does not know. */
const REFUSED = '08P01';

/** PostgreSQL 13, the oldest that is run. */
const OLDEST = 130_000;

/**
 * Connects once to learn what answers, and makes the pool. Throws CONFIG for a URL that is none and for a
 * server that cannot be used, PERMISSION, UNAVAILABLE or IO.
 */
export async function connect(
  options: ConnectOptions,
  warn: (message: string) => void,
): Promise<Connections> {
  const { Client, Pool } = await load();
  const { poolSize = 10, waitFor = 10_000, ssl, url } = options;
  const config = (session: ClientConfig): ClientConfig => ({
    connectionString: url,
    ...(ssl === undefined ? {} : { ssl: ssl as NonNullable<ClientConfig['ssl']> }),
    application_name: 'tusd-ts',
    connectionTimeoutMillis: waitFor,
    query_timeout: waitFor,
    keepAlive: true,
    keepAliveInitialDelayMillis: KEEP_ALIVE,
    types: TYPES,
    ...session,
  });
  const where = placeOf(() => new Client(config({})));
  try {
    const { session, pooled } = await inspect((chosen) => new Client(config(chosen)), where, warn);
    const pool = new Pool({
      ...config(session),
      max: Math.max(1, poolSize - 1),
      idleTimeoutMillis: 60_000,
      ...(pooled ? {} : { onConnect: prepareSession }),
    });
    // An idle connection that breaks is replaced when the next one is needed.
    pool.on('error', () => {});
    // One that breaks while it is in use fails its statement, and tells so here as well.
    pool.on('connect', (client) => client.on('error', () => {}));
    return { pool, client: () => new Client(config(session)), pooled, where };
  } catch (error) {
    throw postgresFault(error, where);
  }
}

/** Our statements are short: to compile one takes longer than to run it, however large the tables are. */
async function prepareSession(client: ClientBase): Promise<void> {
  await client.query('SET jit = off');
}

async function load(): Promise<Pick<typeof import('pg'), 'Client' | 'Pool'>> {
  try {
    return (await import('pg')).default;
  } catch (error) {
    throw new Fault('CONFIG', 'the package "pg" is not installed, which talks to PostgreSQL', {
      hint: 'Install it beside tusd-ts: npm install pg',
      cause: error,
    });
  }
}

/** Throws CONFIG without the URL, which may have a password. */
function placeOf(make: () => Client): string {
  try {
    const { host, port, database = '' } = make();
    return host.startsWith('/') ? `${host}, ${database}` : `${host}:${port}/${database}`;
  } catch {
    throw new Fault('CONFIG', 'the URL of the database cannot be read', {
      hint: 'It looks like postgres://user@host:5432/database; write characters such as / and @ of a password as %2F and %40.',
    });
  }
}

interface Server {
  readonly pid: number;
  readonly version: number;
  readonly encoding: string;
  readonly commit: string;
  readonly fsync: string;
}

async function inspect(
  make: (session: ClientConfig) => Client,
  where: string,
  warn: (message: string) => void,
): Promise<{ readonly session: ClientConfig; readonly pooled: boolean }> {
  const { client, session } = await open(SESSION, make).catch((error: unknown) => {
    if (sqlStateOf(error) !== REFUSED) throw error;
    return open({}, make);
  });
  try {
    const { rows } = await client.query<Server>(
      `SELECT pg_backend_pid() AS pid, current_setting('server_version_num')::int AS version,
         current_setting('server_encoding') AS encoding,
         current_setting('synchronous_commit') AS commit, current_setting('fsync') AS fsync`,
    );
    const server = rows[0]!;
    assertUsable(server, where);
    if (server.commit === 'off' || server.fsync === 'off') {
      warn(
        `the database at ${where} may lose what it has confirmed (${server.commit === 'off' ? 'synchronous_commit' : 'fsync'} is off)`,
      );
    }
    // A pooler gives each of its clients a number of its own.
    const { processID } = client as Client & { readonly processID: number | null };
    return { session, pooled: processID !== server.pid };
  } finally {
    void client.end().catch(() => {});
  }
}

async function open(session: ClientConfig, make: (session: ClientConfig) => Client) {
  const client = make(session);
  client.on('error', () => {});
  try {
    await client.connect();
    return { client, session };
  } catch (error) {
    void client.end().catch(() => {});
    throw error;
  }
}

function assertUsable({ version, encoding }: Server, where: string): void {
  if (version < OLDEST) {
    throw new Fault('CONFIG', `the database at ${where} is older than PostgreSQL 13`, {
      hint: 'Upgrade the server.',
    });
  }
  if (encoding !== 'UTF8') {
    throw new Fault('CONFIG', `the database at ${where} stores text as ${encoding}, not as UTF8`, {
      hint: `Create it anew: CREATE DATABASE tusd ENCODING 'UTF8' TEMPLATE template0`,
    });
  }
}
