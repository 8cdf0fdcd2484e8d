import { isGone, type StoredUpload } from '../../model/upload.ts';
import type { Removing } from '../catalog.ts';
import { type ClaimOutcome, type RemovalClaim, waitsForPlacements } from '../removal-claim.ts';
import type { Query } from './database/database.ts';
import { constant, NOTHING, type Sql, sql } from './database/sql.ts';
import { free } from './tables/lease-sql.ts';
import { storeNext } from './tables/timeline-sql.ts';
import { unitOf, type Work } from './work.ts';

/** See Catalog. */
export function createRemoving(work: Work): Removing {
  const { database } = work;
  return {
    async countDownload(id, at) {
      const [row] = await database.unitOnce(() =>
        database.query<{ left: number }>(
          sql`UPDATE tusd_uploads SET downloads_left = greatest(0, downloads_left - 1),
              expires_at = CASE WHEN downloads_left <= 1 THEN ${at}::bigint ELSE expires_at END
            WHERE id = ${id}::text AND state = 'finished' AND downloads_left IS NOT NULL
            RETURNING downloads_left AS left`,
        ),
      );
      return row?.left ?? null;
    },

    claimRemoval: (seen, claim) => claimRemoval(work, seen, claim),

    async removalDone(id) {
      await database.run(
        sql`UPDATE tusd_uploads SET state = 'removed' WHERE id = ${id}::text AND state = 'removing'`,
      );
    },

    async forget(before, limit) {
      const [row] = await database.run<{ count: number }>(
        sql`WITH gone AS (DELETE FROM tusd_uploads WHERE seq IN (
            SELECT seq FROM tusd_uploads WHERE state = 'removed' AND removed_at <= ${before}::bigint
            LIMIT ${limit}::bigint FOR UPDATE SKIP LOCKED) RETURNING seq, id),
          t AS (DELETE FROM tusd_timeline WHERE upload IN (SELECT seq FROM gone)),
          p AS (DELETE FROM tusd_parts WHERE final IN (SELECT seq FROM gone)),
          d AS (DELETE FROM tusd_placements WHERE upload IN (SELECT id FROM gone))
          SELECT count(*) AS count FROM gone`,
      );
      return row!.count;
    },
  };
}

interface Claimed {
  readonly claimed: boolean;
  readonly leased: boolean;
  readonly needed: boolean;
}

/** One statement: it claims when nothing stands in the way, and otherwise tells what does. */
async function claimRemoval(
  { database, leases }: Work,
  seen: StoredUpload,
  { why, bytes, takeOver = false, deliveries, at }: RemovalClaim,
): Promise<ClaimOutcome> {
  if (isGone(seen)) return 'changed';
  const asSeen = sql`u.id = ${seen.id}::text AND u.seq = ${seen.seq}::bigint
    AND u.state = ${seen.state}::text AND u.active_at = ${seen.activeAt}::bigint
    AND u.finished_at IS NOT DISTINCT FROM ${seen.finishedAt}::bigint`;
  const leased = takeOver ? constant('false') : sql`NOT ${free(leases.owner)}`;
  const needed = neededBy(seen, waitsForPlacements(why));
  const claim = unitOf(seen.id, {
    // The epoch rises, so that a lease that is taken away is void for ever.
    change: sql`UPDATE tusd_uploads AS u SET state = 'removing', removed_at = ${at}::bigint,
        removed_why = ${why}::text, entries = entries + 1,
        lease_owner = NULL, lease_epoch = lease_epoch + 1
      WHERE ${asSeen} AND NOT ${leased} AND NOT ${needed}
      RETURNING u.seq, u.id, u.entries`,
    with: [storeNext(at, { event: 'removed', why, bytes })],
    deliveries,
    at,
    select: sql`SELECT true AS claimed, false AS leased, false AS needed FROM u
      UNION ALL
      SELECT false, ${leased}, ${needed} FROM tusd_uploads AS u
      WHERE ${asSeen} AND NOT EXISTS (SELECT 1 FROM u)`,
  });
  return database.unit(async (again) => {
    const [row] = await database.query<Claimed>(claim);
    if (row?.claimed) return 'claimed';
    if (row?.leased) return 'leased';
    if (row?.needed) return 'needed';
    return again && (await isClaimed(database.query, seen, { at, why })) ? 'claimed' : 'changed';
  });
}

/** What keeps the upload: a final upload that is not joined yet, or a rule that has yet to deliver it. */
function neededBy({ kind, id }: StoredUpload, byRules: boolean): Sql {
  const finals = sql`EXISTS (SELECT 1 FROM tusd_parts JOIN tusd_uploads AS f ON f.seq = final
    WHERE part = ${id}::text AND f.state IN ('receiving', 'joining'))`;
  const rules = sql` OR EXISTS (SELECT 1 FROM tusd_placements
    WHERE upload = ${id}::text AND state = 'pending')`;
  return sql`(${kind === 'partial' ? finals : constant('false')}${byRules ? rules : NOTHING})`;
}

/** Whether this claim was made. Another one of the same moment and reason would do as well. */
async function isClaimed(
  query: Query,
  { seq }: StoredUpload,
  { at, why }: Pick<RemovalClaim, 'at' | 'why'>,
): Promise<boolean> {
  const rows = await query(
    sql`SELECT 1 FROM tusd_uploads WHERE seq = ${seq}::bigint AND state IN ('removing', 'removed')
      AND removed_at = ${at}::bigint AND removed_why = ${why}::text`,
  );
  return rows.length > 0;
}
