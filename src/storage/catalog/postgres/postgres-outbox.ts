import type {
  Delivery,
  DeliveryCounts,
  DeliveryQuery,
  DeliveryStatus,
  StoredDelivery,
} from '../../model/delivery.ts';
import { DEAD_KEPT, type Outbox } from '../outbox.ts';
import { constant, joined, type Sql, sql } from './database/sql.ts';
import { addition, addLeft, retry, settle } from './settling.ts';
import { unclaimed } from './tables/lease-sql.ts';
import type { Work } from './work.ts';

const COLUMNS = constant(
  `d.seq, d.event_id AS "eventId", d.upload, d.hook, d.event, d.state, d.attempts,
   d.created_at AS "createdAt", d.first_at AS "firstAt", d.next_at AS "nextAt", d.done_at AS "doneAt",
   d.last_error AS "lastError"`,
);
const D = constant('d');

/**
 * Two of one line that were added at the same moment may both be due: the first goes first. The minimum comes
 * from the index of lines, whatever the planner thinks of a long backlog.
 */
const FIRST = constant(
  `d.seq = (SELECT min(e.seq) FROM tusd_deliveries AS e WHERE e.upload = d.upload
     AND e.hook = d.hook AND e.state = 'pending' AND e.next_at IS NOT NULL)`,
);

const CONDITIONS: Readonly<Record<DeliveryStatus, string>> = {
  pending: `(d.state = 'pending' AND d.attempts = 0)`,
  failing: `(d.state = 'pending' AND d.attempts > 0)`,
  dead: `d.state = 'dead'`,
  delivered: `d.state = 'delivered'`,
};

/** See Outbox. */
export function createOutbox(work: Work): Outbox {
  const { database, leases } = work;
  const me = leases.owner;
  return {
    add: (upload, deliveries, at) =>
      database.unit(async (again) => {
        if (again) await database.transaction((query) => addLeft(query, upload, deliveries, at));
        else await database.query(addition(upload, deliveries, at));
      }),

    /**
     * Also returns what this process has claimed before and not settled: it decides what of that it sends.
     */
    claim: (hook, at, limit) =>
      database.run<StoredDelivery>(
        sql`WITH due AS (SELECT d.seq, d.claimed_by FROM tusd_deliveries AS d
            WHERE d.hook = ${hook}::text AND d.state = 'pending' AND d.next_at <= ${at}::bigint
              AND ${unclaimed(D, me)} AND ${FIRST}
            ORDER BY d.next_at, d.attempts, d.seq LIMIT ${limit}::bigint
            FOR UPDATE OF d SKIP LOCKED),
          claimed AS (UPDATE tusd_deliveries AS c SET claimed_by = ${me}::uuid FROM due
            WHERE c.seq = due.seq AND due.claimed_by IS DISTINCT FROM ${me}::uuid)
          SELECT ${COLUMNS}, d.payload FROM tusd_deliveries AS d JOIN due USING (seq)
          ORDER BY d.next_at, d.attempts, d.seq`,
      ),

    async nextDueAt(hook) {
      const [row] = await database.run<{ at: number | null }>(
        sql`SELECT min(d.next_at) AS at FROM tusd_deliveries AS d
          WHERE d.hook = ${hook}::text AND d.state = 'pending' AND d.next_at IS NOT NULL
            AND ${unclaimed(D, me)}`,
      );
      return row!.at;
    },

    settle: (settlements, at) =>
      settlements.length === 0
        ? Promise.resolve()
        : database.unit((again) =>
            database.transaction((query) => settle(query, settlements, at, { me, again })),
          ),

    async waiting(hook, createdBefore, limit) {
      const rows = await database.run<{ seq: number }>(
        sql`SELECT seq FROM tusd_deliveries WHERE hook = ${hook}::text AND state = 'pending'
          AND next_at IS NOT NULL AND created_at <= ${createdBefore}::bigint
          LIMIT ${limit}::bigint`,
      );
      return rows.map(({ seq }) => seq);
    },

    async hurry(hook, at, limit) {
      const rows = await database.run(
        sql`UPDATE tusd_deliveries SET next_at = ${at}::bigint WHERE seq IN (
            SELECT seq FROM tusd_deliveries WHERE hook = ${hook}::text AND state = 'pending'
              AND next_at > ${at}::bigint LIMIT ${limit}::bigint FOR UPDATE SKIP LOCKED)
          RETURNING 1`,
      );
      return rows.length;
    },

    retry: (seq, at) => database.unit(() => database.transaction((query) => retry(query, seq, at))),

    retryFailed: (after, limit, at) =>
      database.unit(() =>
        database.transaction(async (query) => {
          const rows = await query<{ seq: number }>(
            sql`SELECT seq FROM tusd_deliveries WHERE state <> 'delivered'
              AND (state = 'dead' OR attempts > 0) AND seq > ${after}::bigint
              ORDER BY seq LIMIT ${limit}::bigint`,
          );
          for (const { seq } of rows) await retry(query, seq, at);
          return rows.map(({ seq }) => seq);
        }),
      ),

    async get(seq) {
      const rows = await database.run<StoredDelivery>(
        sql`SELECT ${COLUMNS}, d.payload FROM tusd_deliveries AS d WHERE d.seq = ${seq}::bigint`,
      );
      return rows[0];
    },

    list: (query) =>
      database.run<Delivery>(
        sql`SELECT ${COLUMNS} FROM tusd_deliveries AS d WHERE ${selected(query)}
          ORDER BY d.seq DESC LIMIT ${query.limit ?? 100}::bigint`,
      ),

    counts: () =>
      database.run<DeliveryCounts>(
        sql`SELECT hook, count(*) FILTER (WHERE state = 'pending' AND attempts = 0) AS pending,
            count(*) FILTER (WHERE state = 'pending' AND attempts > 0) AS failing,
            count(*) FILTER (WHERE state = 'dead') AS dead,
            (SELECT created_at FROM tusd_deliveries AS o
              WHERE o.seq = min(d.seq) FILTER (WHERE d.state = 'pending')) AS "oldestAt"
          FROM tusd_deliveries AS d WHERE state <> 'delivered' GROUP BY hook ORDER BY hook`,
      ),

    async forgetDone(before, limit) {
      const rows = await database.run(
        sql`DELETE FROM tusd_deliveries WHERE seq IN (
            SELECT seq FROM tusd_deliveries WHERE done_at <= ${before}::bigint
              AND (state = 'delivered' OR done_at <= ${before - DEAD_KEPT}::bigint)
              AND seq < (SELECT max(seq) FROM tusd_deliveries)
            LIMIT ${limit}::bigint FOR UPDATE SKIP LOCKED)
          RETURNING 1`,
      );
      return rows.length;
    },
  };
}

function selected({ statuses, hook, upload }: DeliveryQuery): Sql {
  return joined(
    [
      constant('true'),
      ...(statuses
        ? [constant(`(${statuses.map((one) => CONDITIONS[one]).join(' OR ') || 'false'})`)]
        : []),
      // The condition of an index over the few that are still open.
      ...(statuses?.length && !statuses.includes('delivered')
        ? [constant(`d.state <> 'delivered'`)]
        : []),
      ...(hook === undefined ? [] : [sql`d.hook = ${hook}::text`]),
      ...(upload === undefined ? [] : [sql`d.upload = ${upload}::text`]),
    ],
    ' AND ',
  );
}
