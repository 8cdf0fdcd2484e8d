import { constant, type Sql, sql } from '../database/sql.ts';

/** How long after its last heartbeat the leases and claims of a process are void (milliseconds). */
export const VOID_AFTER = 15_000;

/**
 * The processes that are alive. The database's own clock decides: those of the machines may differ, and a
 * process that was stopped for a while does not know the time.
 */
export const ALIVE = constant(
  `SELECT owner FROM tusd_processes WHERE beat > clock_timestamp() - interval '${VOID_AFTER} milliseconds'`,
);

/** The lease of upload `u` is free for this process: nobody's, its own, or that of one that is gone. */
export function free(me: string): Sql {
  return sql`(u.lease_owner IS NULL OR u.lease_owner = ${me}::uuid OR u.lease_owner NOT IN (${ALIVE}))`;
}

/** Assignments that take the lease. */
export function take(me: string): Sql {
  return sql`lease_owner = ${me}::uuid, lease_epoch = lease_epoch + 1`;
}

/** A row with a claim is free for this process. */
export function unclaimed(table: Sql, me: string): Sql {
  return sql`(${table}.claimed_by IS NULL OR ${table}.claimed_by = ${me}::uuid
    OR ${table}.claimed_by NOT IN (${ALIVE}))`;
}

/** A row with a claim is nobody's, or that of this process. */
export function notOthers(table: Sql, me: string): Sql {
  return sql`(${table}.claimed_by IS NULL OR ${table}.claimed_by = ${me}::uuid)`;
}
