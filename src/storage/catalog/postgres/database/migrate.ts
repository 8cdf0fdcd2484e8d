import { Fault } from '../../../../fault.ts';
import type { Database, Query } from './database.ts';
import { sqlStateOf } from './postgres-fault.ts';
import { constant, sql } from './sql.ts';

/** One step of the schema. */
export interface Step {
  readonly statements: string;
  /**
   * How many steps a program must know at least to work with this schema; left out when those that
   * worked before still do.
   */
  readonly oldest?: number;
}

/** The lock of those who migrate: "tusd" in ASCII. */
const LOCK = 0x74757364;

interface Version {
  /** How many steps were done. */
  readonly version: number;
  /** How many a program must know. */
  readonly oldest: number;
}

/**
 * Brings the schema up to date; `create` also makes it where there is none. Of several that begin at once
 * one does the work, and the others wait for it. Throws CATALOG_TOO_NEW when the schema was changed by a
 * newer version in a way that this one cannot work with, PERMISSION when the user may not change it, and IO
 * when there is none.
 */
export async function migrate(
  database: Database,
  steps: readonly Step[],
  create: boolean,
): Promise<void> {
  const found = await database.unit(() => versionOf(database.query));
  if (found) assertNotTooNew(found, steps.length, database.where);
  else if (!create) {
    throw new Fault('IO', `the database at ${database.where} has no tables of tusd-ts`, {
      hint: 'Start a daemon with it first, or check the name of the database.',
    });
  }
  if (found && found.version >= steps.length) return;
  try {
    await database.unit(() =>
      database.transaction((query) => upgrade(query, steps, database.where), true),
    );
  } catch (error) {
    throw permissionTo(error, found?.version ?? 0, steps.length);
  }
}

/** Whether a daemon has made the tables. */
export async function hasSchema(database: Database): Promise<boolean> {
  return (await database.unit(() => versionOf(database.query))) !== undefined;
}

async function upgrade(query: Query, steps: readonly Step[], where: string): Promise<void> {
  await query(sql`SELECT pg_advisory_xact_lock(${LOCK}::bigint)`);
  const found = await versionOf(query);
  if (found) assertNotTooNew(found, steps.length, where);
  else {
    await query(
      constant('CREATE TABLE tusd_schema (version integer NOT NULL, oldest integer NOT NULL)'),
    );
    await query(constant('INSERT INTO tusd_schema VALUES (0, 0)'));
  }
  const { version, oldest } = found ?? { version: 0, oldest: 0 };
  if (version >= steps.length) return;
  const left = steps.slice(version);
  for (const { statements } of left) await query(constant(statements));
  const needed = left.reduce((most, step) => Math.max(most, step.oldest ?? 0), oldest);
  await query(sql`UPDATE tusd_schema SET version = ${steps.length}::int, oldest = ${needed}::int`);
}

async function versionOf(query: Query): Promise<Version | undefined> {
  // to_regclass might answer from a cache of this session.
  const tables = await query(
    sql`SELECT 1 FROM pg_class WHERE relname = 'tusd_schema' AND pg_table_is_visible(oid)`,
  );
  if (tables.length === 0) return undefined;
  const [found] = await query<Version>(sql`SELECT version, oldest FROM tusd_schema`);
  return found;
}

function assertNotTooNew({ version, oldest }: Version, known: number, where: string): void {
  if (oldest <= known) return;
  throw new Fault(
    'CATALOG_TOO_NEW',
    `the database at ${where} was upgraded by a newer tusd-ts (schema ${version}, which takes a program that knows ${oldest}; this one knows ${known})`,
    { hint: 'Run the newer version.' },
  );
}

/** insufficient_privilege, and invalid_schema_name: there is none in which the user may create something. */
const DENIED = ['42501', '3F000'];

function permissionTo(error: unknown, from: number, to: number): unknown {
  const denied = error instanceof Fault && DENIED.includes(sqlStateOf(error.cause) ?? '');
  if (!denied) return error;
  const what = from === 0 ? 'make the tables' : `upgrade the tables from schema ${from} to ${to}`;
  return new Fault('PERMISSION', `this user of the database may not ${what}`, {
    hint: 'Start one daemon as the owner of the tables, or give this user CREATE on its schema.',
    cause: error,
  });
}
