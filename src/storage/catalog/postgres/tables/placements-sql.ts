import type { NewPlacement } from '../../../model/placement.ts';
import { type Sql, sql } from '../database/sql.ts';

/** Adds placements of the upload in the table expression `u` whose rules have none. */
export function addPlacements(placements: readonly NewPlacement[], at: number): Sql {
  return sql`INSERT INTO tusd_placements
      (upload, rule, last, state, attempts, created_at, next_at)
    SELECT u.id, x.rule, x.last, 'pending', 0, ${at}::bigint, ${at}::bigint
    FROM u, unnest(${placements.map(({ rule }) => rule)}::text[],
      ${placements.map(({ last }) => last)}::boolean[])
      WITH ORDINALITY AS x (rule, last, number)
    ORDER BY x.number
    ON CONFLICT (upload, rule) DO NOTHING`;
}
