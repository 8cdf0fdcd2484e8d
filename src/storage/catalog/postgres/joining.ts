import type { Joining, JoinStart } from '../catalog.ts';
import { sql } from './database/sql.ts';
import type { TakenRow } from './held-leases.ts';
import { free, take } from './tables/lease-sql.ts';
import { LAST_ENTRY } from './tables/timeline-sql.ts';
import { RECORD, toRecord, type UploadRow } from './tables/upload-columns.ts';
import type { Work } from './work.ts';

/** See Catalog. */
export function createJoining(work: Work): Joining {
  const { database, leases } = work;
  return {
    beginJoin: (id, at) => leases.taking(id, () => beginJoin(work, id, at)),

    async finalsWaitingFor(part) {
      const rows = await database.run<{ id: string }>(
        sql`SELECT id FROM tusd_uploads WHERE state IN ('receiving', 'joining')
          AND seq IN (SELECT final FROM tusd_parts WHERE part = ${part}::text)`,
      );
      return rows.map(({ id }) => id);
    },

    async touch(id, at) {
      await database.run(
        sql`UPDATE tusd_uploads SET active_at = ${at}::bigint
          WHERE id = ${id}::text AND state IN ('receiving', 'joining')`,
      );
    },
  };
}

type Found = { readonly missing: number; readonly open: number } & (
  | { readonly epoch: null }
  | (UploadRow & TakenRow & { readonly before: string; readonly number: number })
);

/**
 * In one statement: the state of the parts, and the lease when all of them are finished. No policy removes a
 * part of a final upload that is not joined, so what was seen of them stays true.
 */
async function beginJoin({ database, leases }: Work, id: string, at: number): Promise<JoinStart> {
  const [found] = await database.run<Found>(
    sql`WITH f AS (SELECT seq, state FROM tusd_uploads WHERE id = ${id}::text AND kind = 'final'
          AND state IN ('receiving', 'joining') AND refusal IS NULL),
      p AS (SELECT coalesce(sum(o.length), 0)::bigint AS length, count(*) AS parts,
          count(*) FILTER (WHERE o.kind IS DISTINCT FROM 'partial'
            OR o.state IN ('removing', 'removed')) AS missing,
          count(*) FILTER (WHERE o.state IS DISTINCT FROM 'finished') AS open
        FROM f JOIN tusd_parts ON final = f.seq LEFT JOIN tusd_uploads AS o ON o.id = part),
      u AS (UPDATE tusd_uploads AS u SET ${take(leases.owner)}, state = 'joining',
          length = p.length, active_at = ${at}::bigint,
          entries = entries + CASE WHEN f.state = 'receiving' THEN 1 ELSE 0 END
        FROM f, p
        WHERE u.seq = f.seq AND p.missing = 0 AND p.open = 0
          AND u.state IN ('receiving', 'joining') AND u.refusal IS NULL
          AND ${free(leases.owner)}
        RETURNING ${RECORD}, u.lease_epoch AS epoch, u.entries, ${LAST_ENTRY} AS last,
          f.state AS before, p.parts AS number),
      t AS (INSERT INTO tusd_timeline (upload, position, at, event, detail)
        SELECT seq, entries, ${at}::bigint, 'joining', json_build_object('parts', number)
        FROM u WHERE before = 'receiving')
      SELECT p.missing, p.open, u.* FROM f CROSS JOIN p LEFT JOIN u ON true`,
  );
  if (!found) return { outcome: 'over' };
  if (found.missing > 0) return { outcome: 'part-missing' };
  if (found.open > 0) return { outcome: 'waiting' };
  if (found.epoch === null) return { outcome: 'leased' };
  const { missing: _, open: _o, before: _b, number: _n, epoch, entries, last, ...row } = found;
  const record = toRecord(row);
  return {
    outcome: 'begun',
    record,
    lease: leases.keep(id, { seq: record.seq, epoch, entries, last }),
  };
}
