import type { Database } from './database/database.ts';
import { sql } from './database/sql.ts';

/**
 * "ok", or what does not fit together. PostgreSQL guards its own pages (initdb --data-checksums); this looks
 * for what a restore of some tables or a hand in the data leaves behind.
 */
export async function integrityOf(database: Database): Promise<string> {
  const problems = await database.search<{ problem: string }>(
    sql`SELECT 'the index ' || c.relname || ' is not valid' AS problem
      FROM pg_index AS i JOIN pg_class AS c ON c.oid = i.indexrelid
      WHERE NOT i.indisvalid AND i.indrelid IN (SELECT oid FROM pg_class
        WHERE relname LIKE 'tusd\\_%' AND pg_table_is_visible(oid))
    UNION ALL
    SELECT count(*) || ' timelines belong to no upload' FROM (SELECT DISTINCT upload
      FROM tusd_timeline AS t WHERE NOT EXISTS (SELECT 1 FROM tusd_uploads AS u WHERE u.seq = t.upload))
      AS lost HAVING count(*) > 0
    UNION ALL
    SELECT count(*) || ' final uploads have parts and no record' FROM (SELECT DISTINCT final
      FROM tusd_parts AS p WHERE NOT EXISTS (SELECT 1 FROM tusd_uploads AS u WHERE u.seq = p.final))
      AS lost HAVING count(*) > 0
    UNION ALL
    SELECT 'uploads are numbered from ' || n || ' again: the sequence was not restored'
    FROM (SELECT last_value AS n FROM pg_sequences
      WHERE sequencename = 'tusd_uploads_seq_seq' AND schemaname = ANY(current_schemas(false))) AS s
    WHERE n < (SELECT max(seq) FROM tusd_uploads)`,
  );
  return problems.length === 0 ? 'ok' : problems.map(({ problem }) => problem).join('; ');
}
