import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, realpathSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after } from 'node:test';
import pg from 'pg';
import type { CertificateFile } from '../certificate.ts';
import { ROOT } from '../script.ts';

const SCRIPT = join(ROOT, 'test', 'services', 'postgres.sh');
const DEBIANS = '/usr/lib/postgresql';

/** Options of a test that needs PostgreSQL; see `needing`. */
export function needingPostgres(): { skip?: string } {
  const installed = existsSync(DEBIANS) && readdirSync(DEBIANS).length > 0;
  if (installed || process.env.TUSD_TS_REQUIRE_ALL) return {};
  return { skip: 'postgresql is not installed' };
}

/** A server of a test's own. */
export interface PostgresServer {
  readonly url: string;
  readonly folder: string;
  restart(): void;
  /** Takes encrypted connections only, where it has a port. */
  encrypt(certificate: CertificateFile): void;
  stop(): void;
}

export interface ServerOptions {
  /** Also listens here on 127.0.0.1. */
  readonly port?: number;
  /** Whether commits survive a power cut, as in production; default false. */
  readonly fsync?: boolean;
}

/** Starts a server; its user must stop it. */
export function startPostgres({ port, fsync = false }: ServerOptions = {}): PostgresServer {
  const folder = mkdtempSync(join(realpathSync(tmpdir()), 'tusd-ts-pg-'));
  const run = (what: string, ...more: string[]) =>
    execFileSync(SCRIPT, [what, folder, ...more], {
      encoding: 'utf8',
      env: { ...process.env, PGFSYNC: fsync ? 'on' : 'off' },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
  const url = run('start', ...(port === undefined ? [] : [String(port)])).trim();
  return {
    url,
    folder,
    restart: () => run('restart'),
    encrypt: ({ cert, key }) => run('tls', cert, key),
    stop: () => run('stop'),
  };
}

/** What the tests of a process share. */
export interface SharedPostgres {
  /** Options of each test. */
  readonly needed: { readonly skip?: string };
  /** Only where the tests are not skipped. */
  readonly server: PostgresServer;
  /** The URL of a database where a test's tables will be found. */
  fresh(): Promise<string>;
}

let shared: PostgresServer | undefined;

/** To be called outside of the tests; the server ends with the last of them in this process. */
export function sharedPostgres(needed = needingPostgres()): SharedPostgres {
  if (needed.skip === undefined && shared === undefined) {
    const server = startPostgres();
    shared = server;
    after(() => server.stop());
  }
  const running = () => shared ?? assert.fail(needed.skip);
  return {
    needed,
    get server() {
      return running();
    },
    fresh: async () => freshSchema(running()),
  };
}

/** Makes an empty schema, and returns the URL of a database where its tables are found. */
export async function freshSchema({ url }: PostgresServer): Promise<string> {
  const name = `s${randomBytes(8).toString('hex')}`;
  await runSql(url, `CREATE SCHEMA ${name}`);
  const within = new URL(url.replace('@/', '@localhost/'));
  within.searchParams.set('options', `-c search_path=${name}`);
  return within.href.replace('@localhost/', '@/');
}

/** Deletes all that a catalog has in its schema, and begins its numbers anew. */
export async function emptyCatalog(url: string): Promise<void> {
  await runSql(
    url,
    `DO $$ DECLARE tables text; BEGIN
       SELECT string_agg(relname, ', ') INTO tables FROM pg_class
       WHERE relkind = 'r' AND relname LIKE 'tusd\\_%' AND relname <> 'tusd_schema'
         AND pg_table_is_visible(oid);
       IF tables IS NOT NULL THEN EXECUTE 'TRUNCATE ' || tables || ' RESTART IDENTITY'; END IF;
     END $$`,
  );
}

/** Runs statements on a connection of their own; returns the rows of a single one. */
export async function runSql(url: string, sql: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query(sql)).rows;
  } finally {
    await client.end();
  }
}
