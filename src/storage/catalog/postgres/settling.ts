import type { Settlement } from '../../model/delivery.ts';
import type { NewDelivery } from '../../model/events.ts';
import type { Query } from './database/database.ts';
import { constant, type Sql, sql } from './database/sql.ts';
import { addDeliveries, lineOf } from './tables/deliveries-sql.ts';
import { notOthers } from './tables/lease-sql.ts';

interface Line {
  readonly upload: string;
  readonly hook: string;
}

/**
 * Records how attempts ended, in a transaction: what comes next in a line is looked for after the rows are
 * locked, so a delivery that is just being added is waited for and seen. What another process has claimed
 * meanwhile stays unchanged. `again`: only what this process still has claimed.
 */
export async function settle(
  query: Query,
  settlements: readonly Settlement[],
  at: number,
  { me, again }: { readonly me: string; readonly again: boolean },
): Promise<void> {
  const mine = again ? sql`d.claimed_by = ${me}::uuid` : notOthers(constant('d'), me);
  const ended = await query<Line>(
    sql`WITH settled AS (UPDATE tusd_deliveries AS d SET state = x.state,
          attempts = d.attempts + x.attempts, next_at = x.next_at, last_error = x.error,
          first_at = CASE WHEN x.state = 'pending' THEN coalesce(d.first_at, x.started_at)
            ELSE d.first_at END,
          done_at = CASE WHEN x.state = 'pending' THEN NULL ELSE ${at}::bigint END,
          claimed_by = NULL
        FROM unnest(${settlements.map(({ seq }) => seq)}::bigint[],
          ${settlements.map(({ state }) => state)}::text[],
          ${settlements.map(attemptsOf)}::int[],
          ${settlements.map((one) => (one.state === 'pending' ? one.nextAt : null))}::bigint[],
          ${settlements.map((one) => (one.state === 'pending' ? one.startedAt : null))}::bigint[],
          ${settlements.map((one) => (one.state === 'delivered' ? null : one.error))}::text[])
          AS x (seq, state, attempts, next_at, started_at, error)
        WHERE d.seq = x.seq AND d.state = 'pending' AND ${mine}
        RETURNING d.upload, d.hook, d.state)
      SELECT DISTINCT upload, hook FROM settled WHERE state <> 'pending'`,
  );
  if (ended.length > 0) await promote(query, ended, at);
}

function attemptsOf(settlement: Settlement): number {
  return settlement.state === 'dead' && !settlement.attempted ? 0 : 1;
}

/** Makes the first pending delivery of each line due, unless it is already. */
async function promote(query: Query, lines: readonly Line[], at: number): Promise<void> {
  await query(
    sql`UPDATE tusd_deliveries SET next_at = ${at}::bigint
      WHERE state = 'pending' AND next_at IS NULL AND seq IN (SELECT min(d.seq)
        FROM unnest(${lines.map(({ upload }) => upload)}::text[],
          ${lines.map(({ hook }) => hook)}::text[]) AS x (upload, hook)
          JOIN tusd_deliveries AS d USING (upload, hook)
        WHERE d.state = 'pending' GROUP BY d.upload, d.hook)`,
  );
}

/** Restarts a delivery in a transaction; false when there is no such delivery. */
export async function retry(query: Query, seq: number, at: number): Promise<boolean> {
  const [line] = await query<Line>(
    sql`SELECT upload, hook FROM tusd_deliveries WHERE seq = ${seq}::bigint`,
  );
  if (!line) return false;
  const { upload, hook } = line;
  await lock(query, upload);
  await query(
    sql`SELECT 1 FROM tusd_deliveries WHERE upload = ${upload}::text AND hook = ${hook}::text
      AND (state = 'pending' OR seq = ${seq}::bigint) ORDER BY seq FOR UPDATE`,
  );
  await query(
    sql`UPDATE tusd_deliveries SET state = 'pending', attempts = 0, first_at = NULL, done_at = NULL
      WHERE seq = ${seq}::bigint`,
  );
  // The first in the line goes now; it may be in flight, so another must not overtake it.
  const first = await query(
    sql`UPDATE tusd_deliveries SET next_at = ${at}::bigint
      WHERE upload = ${upload}::text AND hook = ${hook}::text AND state = 'pending'
        AND next_at IS NOT NULL RETURNING 1`,
  );
  if (first.length === 0) await promote(query, [line], at);
  return true;
}

/** Adds deliveries of an event that changes nothing, under the lock of the upload's row if it has one. */
export function addition(upload: string, deliveries: readonly NewDelivery[], at: number): Sql {
  return sql`WITH ${lineOf(upload)},
    u AS (SELECT ${upload}::text AS id WHERE (SELECT count(*) FROM (SELECT 1 FROM tusd_uploads
      WHERE id = ${upload}::text FOR NO KEY UPDATE) AS locked) >= 0)
    ${addDeliveries(deliveries, at)}`;
}

/**
 * Adds in a transaction what an attempt whose answer was lost has not added. Waits for its end if it still
 * runs.
 */
export async function addLeft(
  query: Query,
  upload: string,
  deliveries: readonly NewDelivery[],
  at: number,
): Promise<void> {
  await lock(query, upload);
  const rows = await query<{ eventId: string; hook: string }>(
    sql`SELECT event_id AS "eventId", hook FROM tusd_deliveries WHERE upload = ${upload}::text`,
  );
  const left = deliveries.filter(
    (one) => !rows.some(({ eventId, hook }) => eventId === one.eventId && hook === one.hook),
  );
  if (left.length > 0) await query(addition(upload, left, at));
}

async function lock(query: Query, upload: string): Promise<void> {
  await query(sql`SELECT 1 FROM tusd_uploads WHERE id = ${upload}::text FOR NO KEY UPDATE`);
}
