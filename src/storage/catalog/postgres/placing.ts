import type { PlacementOutcome } from '../../model/placement.ts';
import type { Query } from './database/database.ts';
import { constant, NOTHING, type Sql, sql } from './database/sql.ts';
import { notOthers } from './tables/lease-sql.ts';
import { assignments } from './tables/upload-columns.ts';
import { unitOf, type Work } from './work.ts';

const P = constant('p');

type Placed = Extract<PlacementOutcome, { state: 'placed' }>;

/** Records how an attempt ended. false: see Placements. */
export function settlePlacement(
  { database, leases }: Work,
  seq: number,
  outcome: PlacementOutcome,
  at: number,
): Promise<boolean> {
  const pending = sql`p.seq = ${seq}::bigint AND p.state = 'pending' AND ${notOthers(P, leases.owner)}`;
  return database.unit(async (again) => {
    if (again && (await isSettled(database.query, seq, outcome, at))) return true;
    if (outcome.state === 'placed') return settlePlaced(database.query, pending, outcome, at);
    const set =
      outcome.state === 'pending'
        ? sql`attempts = attempts + 1, next_at = ${outcome.nextAt}::bigint,
            last_error = ${outcome.error}::text`
        : sql`state = 'skipped', next_at = NULL, done_at = ${at}::bigint,
            last_error = ${outcome.why}::text`;
    const rows = await database.query(
      sql`UPDATE tusd_placements AS p SET ${set}, claimed_by = NULL WHERE ${pending} RETURNING 1`,
    );
    return rows.length > 0;
  });
}

/** The claim stays: this process has still to tidy up. */
async function settlePlaced(
  query: Query,
  pending: Sql,
  { path, movedTo, deliveries }: Placed,
  at: number,
): Promise<boolean> {
  const [upload] = await query<{ upload: string }>(
    sql`SELECT p.upload FROM tusd_placements AS p WHERE ${pending}`,
  );
  if (!upload) return false;
  const rows = await query(
    unitOf(upload.upload, {
      before: [
        sql`p AS (SELECT p.seq, p.upload, p.rule FROM tusd_placements AS p
        WHERE ${pending} FOR UPDATE)`,
      ],
      change: sql`UPDATE tusd_uploads AS u SET entries = entries + 1
          ${movedTo ? assignments({ movedTo }) : NOTHING}
        FROM p WHERE u.id = p.upload AND u.state = 'finished'
        RETURNING u.seq, u.id, u.entries, p.seq AS placement, p.rule`,
      with: [
        sql`INSERT INTO tusd_timeline (upload, position, at, event, detail)
          SELECT u.seq, u.entries, ${at}::bigint, 'delivered',
            json_build_object('rule', u.rule, 'path', ${path}::text) FROM u`,
        sql`UPDATE tusd_placements SET state = 'placed', path = ${path}::text,
            next_at = ${at}::bigint, done_at = ${at}::bigint, last_error = NULL
          FROM u WHERE tusd_placements.seq = u.placement`,
      ],
      deliveries,
      at,
    }),
  );
  return rows.length > 0;
}

/** Whether an attempt whose answer was lost has recorded this. */
async function isSettled(
  query: Query,
  seq: number,
  outcome: PlacementOutcome,
  at: number,
): Promise<boolean> {
  const done =
    outcome.state === 'pending'
      ? sql`next_at = ${outcome.nextAt}::bigint AND claimed_by IS NULL`
      : sql`done_at = ${at}::bigint`;
  const rows = await query(
    sql`SELECT 1 FROM tusd_placements
      WHERE seq = ${seq}::bigint AND state = ${outcome.state}::text AND ${done}`,
  );
  return rows.length > 0;
}
