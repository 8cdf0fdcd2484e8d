import type { StatusMoment, UnfinishedTotals, UploadTotals } from '../../model/list-query.ts';
import type { StoredUpload } from '../../model/upload.ts';
import type { Reading } from '../reading.ts';
import { constant, type Sql, sql } from './database/sql.ts';
import { list, recordsOf } from './listing.ts';
import { statusTotals } from './status-totals.ts';
import { statusSql } from './tables/status-sql.ts';
import { entryOf, type TimelineRow } from './tables/timeline-sql.ts';
import { RECORD, toRecord, type UploadRow } from './tables/upload-columns.ts';
import type { Work } from './work.ts';

const PAGE = 5_000;

/** See Catalog. */
export function createReading({ database }: Pick<Work, 'database'>): Reading {
  const idsOf = async (statement: Sql): Promise<string[]> =>
    (await database.run<{ id: string }>(statement)).map(({ id }) => id);
  const records = async (where: Sql): Promise<StoredUpload[]> =>
    (
      await database.run<UploadRow>(sql`SELECT ${RECORD} FROM tusd_uploads AS u WHERE ${where}`)
    ).map(toRecord);
  const is = async (condition: Sql): Promise<boolean> =>
    (await database.run<{ is: boolean }>(sql`SELECT ${condition} AS is`))[0]!.is;

  return {
    get: async (id) => (await records(sql`u.id = ${id}::text`))[0],

    list: (query) => list(database, query),

    async *condemnable(at) {
      for (const seq of await database.numbers(condemned(at))) {
        const [record] = await recordsOf(database, [seq]);
        if (record) yield record;
      }
    },

    unfinishedRemovals: () => records(sql`u.state = 'removing'`),

    finalsOf: (part) =>
      records(sql`u.seq IN (SELECT final FROM tusd_parts WHERE part = ${part}::text)`),

    unfinished: () =>
      idsOf(sql`SELECT id FROM tusd_uploads WHERE state IN ('receiving', 'joining')`),

    unfinishedButComplete: () =>
      idsOf(sql`SELECT id FROM tusd_uploads WHERE state IN ('receiving', 'joining')
        AND (kind = 'final' OR (received = length AND refusal IS NULL))`),

    async movedBytes(owner) {
      const whose = owner === undefined ? constant('true') : sql`owner = ${owner}::text`;
      const [row] = await database.run<{ bytes: number }>(
        sql`SELECT coalesce(sum(received), 0)::bigint AS bytes FROM tusd_uploads
          WHERE moved_to IS NOT NULL AND state = 'finished' AND ${whose}`,
      );
      return row!.bytes;
    },

    async receivedOfParts({ seq }) {
      const [row] = await database.run<{ bytes: number }>(
        sql`SELECT coalesce(sum(received), 0)::bigint AS bytes
          FROM tusd_parts JOIN tusd_uploads ON id = part WHERE final = ${seq}::bigint`,
      );
      return row!.bytes;
    },

    hasParts: () =>
      is(sql`EXISTS (SELECT 1 FROM tusd_parts)
        OR EXISTS (SELECT 1 FROM tusd_uploads WHERE kind = 'partial')`),

    hasOwners: () => is(sql`EXISTS (SELECT 1 FROM tusd_uploads WHERE owner IS NOT NULL)`),

    async *stored() {
      for (let after = -1; ; ) {
        const page = await database.search<{ seq: number; id: string; activeAt: number }>(
          sql`SELECT seq, id, active_at AS "activeAt" FROM tusd_uploads
            WHERE seq > ${after}::bigint AND state IN ('receiving', 'joining', 'finished')
              AND moved_to IS NULL
            ORDER BY seq LIMIT ${PAGE}::bigint`,
        );
        if (page.length === 0) return;
        yield page;
        after = page.at(-1)!.seq;
      }
    },

    known: async (ids) =>
      new Set(
        await idsOf(sql`SELECT id FROM tusd_uploads
          WHERE id = ANY(${ids}::text[]) AND state <> 'removed'`),
      ),

    idsBeginningWith: (prefix, limit) =>
      idsOf(sql`SELECT id FROM tusd_uploads
        WHERE id >= ${prefix}::text AND id < ${`${prefix}\u{10ffff}`}::text
        ORDER BY id LIMIT ${limit}::bigint`),

    async timeline({ seq }) {
      const rows = await database.run<TimelineRow>(
        sql`SELECT at, event, detail FROM tusd_timeline WHERE upload = ${seq}::bigint
          ORDER BY position`,
      );
      return rows.map(entryOf);
    },

    totals: () =>
      database.search<UploadTotals>(
        sql`SELECT state, count(*) AS count, sum(received)::bigint AS bytes
          FROM tusd_uploads GROUP BY state`,
      ),

    statusTotals: (at, owner) => statusTotals(database, at, owner),

    unfinishedTotals: (at) =>
      database.run<UnfinishedTotals>(
        sql`SELECT ${statusSql(at)} AS status, count(*) AS count FROM tusd_uploads AS u
          WHERE u.state IN ('receiving', 'joining') GROUP BY 1`,
      ),
  };
}

/** Each of these conditions has an index. */
function condemned({ now, idleSince, finishedBefore }: StatusMoment): Sql {
  return sql`SELECT seq FROM tusd_uploads WHERE expires_at IS NOT NULL
      AND expires_at <= ${now}::bigint AND state IN ('receiving', 'joining', 'finished')
    UNION
    SELECT seq FROM tusd_uploads WHERE state IN ('receiving', 'joining')
      AND active_at <= ${idleSince}::bigint
    UNION
    SELECT seq FROM tusd_uploads WHERE state = 'finished' AND kind = 'partial'
      AND active_at <= ${idleSince}::bigint
    UNION
    SELECT seq FROM tusd_uploads WHERE state = 'finished' AND kind <> 'partial'
      AND finished_at <= ${finishedBefore}::bigint`;
}
