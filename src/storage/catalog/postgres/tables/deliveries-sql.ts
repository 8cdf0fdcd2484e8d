import type { NewDelivery } from '../../../model/events.ts';
import { type Sql, sql } from '../database/sql.ts';

/**
 * The pending deliveries of an upload, locked: one that is just being settled is waited for, and is pending
 * no more then. So a new delivery waits in line only behind one whose end is still to come, and that will
 * make it due. In the order in which they are settled, so that neither waits for the other.
 */
export function lineOf(upload: string): Sql {
  return sql`line AS (SELECT hook FROM tusd_deliveries
    WHERE upload = ${upload}::text AND state = 'pending' ORDER BY seq FOR UPDATE)`;
}

/**
 * Adds deliveries to the lines of the upload in the table expression `u`, whose row the unit has locked: the
 * numbers of an upload's deliveries then rise in the order of its changes. Needs `line`.
 */
export function addDeliveries(deliveries: readonly NewDelivery[], at: number): Sql {
  return sql`INSERT INTO tusd_deliveries
      (event_id, upload, hook, event, payload, state, attempts, created_at, next_at)
    SELECT x.event_id, u.id, x.hook, x.event, x.payload, 'pending', 0, ${at}::bigint,
      CASE WHEN x.hook NOT IN (SELECT hook FROM line)
        AND row_number() OVER (PARTITION BY x.hook ORDER BY x.number) = 1 THEN ${at}::bigint END
    FROM u, unnest(
      ${deliveries.map(({ eventId }) => eventId)}::text[], ${deliveries.map(({ hook }) => hook)}::text[],
      ${deliveries.map(({ event }) => event)}::text[],
      ${deliveries.map(({ payload }) => payload)}::text[])
      WITH ORDINALITY AS x (event_id, hook, event, payload, number)
    ORDER BY x.number`;
}
