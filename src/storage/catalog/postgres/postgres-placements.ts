import { Fault } from '../../../fault.ts';
import type { Placement, PlacementCounts, PlacementStatus } from '../../model/placement.ts';
import type { Placements } from '../placements.ts';
import { constant, joined, sql } from './database/sql.ts';
import { settlePlacement } from './placing.ts';
import { notOthers, unclaimed } from './tables/lease-sql.ts';
import { addPlacements } from './tables/placements-sql.ts';
import type { Work } from './work.ts';

const COLUMNS = constant(
  `p.seq, p.upload, p.rule, p.last, p.state, p.attempts, p.created_at AS "createdAt",
   p.next_at AS "nextAt", p.done_at AS "doneAt", p.last_error AS "lastError", p.intent, p.path`,
);
const P = constant('p');

/** A last one waits for the earlier ones of its upload. */
const WAITS = constant(
  `(p.last AND p.state = 'pending' AND EXISTS (SELECT 1 FROM tusd_placements AS e
     WHERE e.upload = p.upload AND e.seq < p.seq AND e.state = 'pending'))`,
);

/** Assignments that make a placement begin anew. */
const RESTART = constant(`state = 'pending', attempts = 0, done_at = NULL`);

const CONDITIONS: Readonly<Record<PlacementStatus, string>> = {
  pending: `(p.state = 'pending' AND p.attempts = 0)`,
  failing: `(p.state = 'pending' AND p.attempts > 0)`,
  skipped: `p.state = 'skipped'`,
  delivered: `p.state = 'placed'`,
};

function statusIn(statuses: readonly PlacementStatus[]): string {
  return `(${statuses.map((one) => CONDITIONS[one]).join(' OR ') || 'false'})`;
}

/** See Placements. */
export function createPlacements(work: Work): Placements {
  const { database, leases } = work;
  const me = leases.owner;
  return {
    async add(upload, placements, at) {
      const rows = await database.run(
        sql`WITH u AS (SELECT id FROM tusd_uploads WHERE id = ${upload}::text AND state = 'finished'
            FOR NO KEY UPDATE)
          ${addPlacements(placements, at)} RETURNING 1`,
      );
      return rows.length;
    },

    /** Also returns what this process has claimed before: it decides what of that it begins. */
    due: (at, limit) =>
      database.run<Placement>(
        sql`WITH due AS (SELECT p.seq, p.claimed_by FROM tusd_placements AS p
            WHERE p.next_at IS NOT NULL AND p.next_at <= ${at}::bigint
              AND ${unclaimed(P, me)} AND NOT ${WAITS}
            ORDER BY p.next_at, p.seq LIMIT ${limit}::bigint FOR UPDATE OF p SKIP LOCKED),
          claimed AS (UPDATE tusd_placements AS c SET claimed_by = ${me}::uuid FROM due
            WHERE c.seq = due.seq AND due.claimed_by IS DISTINCT FROM ${me}::uuid)
          SELECT ${COLUMNS} FROM tusd_placements AS p JOIN due USING (seq)
          ORDER BY p.next_at, p.seq`,
      ),

    async nextDueAt() {
      const [row] = await database.run<{ at: number | null }>(
        sql`SELECT min(p.next_at) AS at FROM tusd_placements AS p
          WHERE p.next_at IS NOT NULL AND ${unclaimed(P, me)}`,
      );
      return row!.at;
    },

    async begin(seq, intent) {
      const rows = await database.run<{ mine: boolean }>(
        sql`WITH begun AS (UPDATE tusd_placements AS p SET intent = ${intent}::text
            WHERE p.seq = ${seq}::bigint AND ${notOthers(P, me)} RETURNING 1)
          SELECT EXISTS (SELECT 1 FROM begun) AS mine FROM tusd_placements
          WHERE seq = ${seq}::bigint`,
      );
      if (rows[0]?.mine !== false) return;
      throw new Fault('UNAVAILABLE', 'another process delivers this file now');
    },

    settle: (seq, outcome, at) => settlePlacement(work, seq, outcome, at),

    async tidied(seq) {
      await database.run(
        sql`UPDATE tusd_placements AS p SET intent = NULL, next_at = NULL, claimed_by = NULL
          WHERE p.seq = ${seq}::bigint AND ${notOthers(P, me)}`,
      );
    },

    async postpone(seq, nextAt) {
      await database.run(
        sql`UPDATE tusd_placements AS p SET next_at = ${nextAt}::bigint
          WHERE p.seq = ${seq}::bigint AND ${notOthers(P, me)}`,
      );
    },

    async retry(seq, at) {
      const rows = await database.run(
        sql`UPDATE tusd_placements SET ${RESTART}, next_at = ${at}::bigint
          WHERE seq = ${seq}::bigint AND state <> 'placed' RETURNING 1`,
      );
      return rows.length > 0;
    },

    async retryFailing(after, limit, at) {
      const rows = await database.run<{ seq: number }>(
        sql`WITH failing AS (SELECT seq FROM tusd_placements
            WHERE state = 'pending' AND attempts > 0 AND seq > ${after}::bigint
            ORDER BY seq LIMIT ${limit}::bigint FOR UPDATE),
          restarted AS (UPDATE tusd_placements AS p SET ${RESTART}, next_at = ${at}::bigint
            FROM failing WHERE p.seq = failing.seq)
          SELECT seq FROM failing ORDER BY seq`,
      );
      return rows.map(({ seq }) => seq);
    },

    async abandon(rules, why, at) {
      const rows = await database.run(
        sql`UPDATE tusd_placements SET state = 'skipped', next_at = NULL, done_at = ${at}::bigint,
            last_error = ${why}::text, claimed_by = NULL
          WHERE state = 'pending' AND rule <> ALL(${rules}::text[]) RETURNING 1`,
      );
      return rows.length;
    },

    async get(seq) {
      const rows = await database.run<Placement>(
        sql`SELECT ${COLUMNS} FROM tusd_placements AS p WHERE p.seq = ${seq}::bigint`,
      );
      return rows[0];
    },

    list({ statuses, rule, upload, limit = 100 }) {
      const where = joined(
        [
          constant('true'),
          ...(statuses ? [constant(statusIn(statuses))] : []),
          ...(rule === undefined ? [] : [sql`p.rule = ${rule}::text`]),
          ...(upload === undefined ? [] : [sql`p.upload = ${upload}::text`]),
        ],
        ' AND ',
      );
      return database.run<Placement>(
        sql`SELECT ${COLUMNS} FROM tusd_placements AS p WHERE ${where}
          ORDER BY p.seq DESC LIMIT ${limit}::bigint`,
      );
    },

    counts: () =>
      database.run<PlacementCounts>(
        sql`SELECT rule, count(*) FILTER (WHERE attempts = 0) AS pending,
            count(*) FILTER (WHERE attempts > 0) AS failing, min(created_at) AS "oldestAt"
          FROM tusd_placements WHERE state = 'pending' GROUP BY rule ORDER BY rule`,
      ),
  };
}
