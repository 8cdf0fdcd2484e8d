import type { StatusMoment, StatusTotals } from '../../model/list-query.ts';
import type { Database } from './database/database.ts';
import { constant, joined, NOTHING, type Sql, sql } from './database/sql.ts';
import { FOLDED, JOINED, statusSql } from './tables/status-sql.ts';

/**
 * Nearly all uploads are finished; sums of them come from an index: first all, then those that expired under
 * the policy, then those that expired earlier by themselves. The few others are read one by one.
 */
export async function statusTotals(
  database: Database,
  at: StatusMoment,
  owner: string | undefined,
): Promise<StatusTotals[]> {
  const { now, finishedBefore } = at;
  const own =
    owner === undefined ? NOTHING : sql` AND u.owner IS NOT NULL AND u.owner = ${owner}::text`;
  const policy = sql`u.finished_at <= ${finishedBefore}::bigint`;
  const finished = (name: string, more: Sql) =>
    sql`SELECT 'finished' AS state, ${name}::text AS status, 0 AS part, 0 AS folded,
        count(*) AS count, coalesce(sum(u.received), 0)::bigint AS bytes,
        coalesce(sum(u.received), 0)::bigint AS "bytesOnce"
      FROM tusd_uploads AS u WHERE u.state = 'finished' AND u.kind <> 'partial'${more}${own}`;
  const others = (where: string) =>
    sql`SELECT u.state, ${statusSql(at)} AS status, (u.kind = 'partial')::int AS part,
        ${FOLDED}::int AS folded, count(*) AS count, sum(u.received)::bigint AS bytes,
        sum(CASE WHEN ${JOINED} THEN 0 ELSE u.received END)::bigint AS "bytesOnce"
      FROM tusd_uploads AS u WHERE ${constant(where)}${own} GROUP BY 1, 2, 3, 4`;
  const rows = await database.search<StatusTotals>(
    joined(
      [
        finished('finished', NOTHING),
        finished('expired', sql` AND ${policy}`),
        finished(
          'expired',
          sql` AND u.expires_at IS NOT NULL AND u.expires_at <= ${now}::bigint
            AND (${policy}) IS NOT TRUE`,
        ),
        others(`u.state = 'finished' AND u.kind = 'partial'`),
        others(`u.state IN ('receiving', 'joining')`),
        others(`u.state IN ('removing', 'removed')`),
      ],
      ' UNION ALL ',
    ),
  );
  const [all, byPolicy, early, ...rest] = rows as [StatusTotals, StatusTotals, StatusTotals];
  const expired = plus(byPolicy, early, 1);
  return [plus(all, expired, -1), expired, ...(rest as StatusTotals[])].filter(
    ({ count }) => count > 0,
  );
}

function plus(to: StatusTotals, more: StatusTotals, sign: 1 | -1): StatusTotals {
  return {
    ...to,
    count: to.count + sign * more.count,
    bytes: to.bytes + sign * more.bytes,
    bytesOnce: to.bytesOnce + sign * more.bytesOnce,
  };
}
