import type { Count, Counting, Holdings } from '../../model/counting.ts';
import type { Origin } from '../../model/upload.ts';
import type { Database } from './database/database.ts';
import { sql } from './database/sql.ts';
import type { Work } from './work.ts';

/** What one statement says of each thing that holds room. */
interface HoldingRow {
  readonly what: 'finished' | 'owner' | 'unfinished';
  readonly id: string;
  readonly owner: string | null;
  readonly origin: Origin;
  readonly bytes: number;
}

/** See Catalog. */
export function createCounting({ database }: Work): Counting {
  return {
    count: (batch) => count(database, batch),

    allCounts: () =>
      database.search<Count>(sql`SELECT what, bucket, subject, amount FROM tusd_counts`),

    async forgetCounts(what, before) {
      await database.run(
        sql`DELETE FROM tusd_counts WHERE what = ${what}::text AND bucket < ${before}::bigint`,
      );
    },

    async holdings() {
      const rows = await database.search<HoldingRow>(
        sql`SELECT 'finished' AS what, NULL AS id, NULL AS owner, NULL::json AS origin,
            coalesce(sum(received), 0)::bigint - (SELECT coalesce(sum(received), 0)::bigint
              FROM tusd_uploads WHERE moved_to IS NOT NULL AND state = 'finished') AS bytes
          FROM tusd_uploads WHERE state = 'finished'
          UNION ALL
          SELECT 'owner', NULL, owner, NULL, sum(received)::bigint FROM tusd_uploads
          WHERE state = 'finished' GROUP BY owner HAVING sum(received) > 0
          UNION ALL
          SELECT 'unfinished', id, owner, origin, coalesce(length, received) FROM tusd_uploads
          WHERE state IN ('receiving', 'joining')`,
      );
      return holdingsOf(rows);
    },
  };
}

function holdingsOf(rows: readonly HoldingRow[]): Holdings {
  const of = (what: HoldingRow['what']) => rows.filter((row) => row.what === what);
  return {
    finished: of('finished')[0]?.bytes ?? 0,
    finishedOf: of('owner').map(({ owner, bytes }) => ({ owner, bytes })),
    unfinished: of('unfinished').map(({ id, owner, origin, bytes }) => ({
      id,
      owner,
      address: origin.address,
      bytes,
    })),
  };
}

/** What is counted together: the same thing for the same subject in one bucket. */
interface Sum extends Omit<Count, 'amount'> {
  amount: number;
}

/**
 * Adds up what counts together, since one statement changes a row once, and tells each count its sum. When
 * the answer is lost, the caller must decide whether to count again.
 */
async function count(database: Database, batch: readonly Count[]): Promise<number[]> {
  if (batch.length === 0) return [];
  const sums = new Map<string, Sum>();
  const before = batch.map(({ what, bucket, subject, amount }) => {
    const key = JSON.stringify([what, bucket, subject]);
    const sum = sums.get(key) ?? { what, bucket, subject, amount: 0 };
    sums.set(key, sum);
    sum.amount += amount;
    return { key, running: sum.amount };
  });
  const keys = [...sums.keys()];
  const totals = await addAll(database, [...sums.values()]);
  return before.map(({ key, running }) => {
    const total = totals[keys.indexOf(key)]!;
    return total - sums.get(key)!.amount + running;
  });
}

async function addAll(database: Database, sums: readonly Sum[]): Promise<number[]> {
  const asks = sums.every(({ amount }) => amount === 0);
  const rows = await database[asks ? 'unit' : 'unitOnce'](() =>
    database.query<{ total: number }>(
      // In one order, so that two processes do not wait for each other.
      sql`WITH x AS (SELECT * FROM unnest(${sums.map(({ what }) => what)}::text[],
            ${sums.map(({ bucket }) => bucket)}::bigint[],
            ${sums.map(({ subject }) => subject)}::text[],
            ${sums.map(({ amount }) => amount)}::bigint[])
            WITH ORDINALITY AS x (what, bucket, subject, amount, number)),
        added AS (INSERT INTO tusd_counts AS c (what, bucket, subject, amount)
          SELECT what, bucket, subject, amount FROM x WHERE amount <> 0
          ORDER BY what COLLATE "C", bucket, subject COLLATE "C"
          ON CONFLICT (what, bucket, subject) DO UPDATE SET amount = c.amount + excluded.amount
          RETURNING what, bucket, subject, amount)
        SELECT coalesce(added.amount, c.amount, 0) AS total
        FROM x LEFT JOIN added USING (what, bucket, subject)
          LEFT JOIN tusd_counts AS c USING (what, bucket, subject)
        ORDER BY number`,
    ),
  );
  return rows.map(({ total }) => total);
}
