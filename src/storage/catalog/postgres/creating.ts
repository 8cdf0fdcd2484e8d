import { randomUUID } from 'node:crypto';
import { linkUsedBy, used } from '../../model/link.ts';
import type { TimelineEntry } from '../../model/timeline.ts';
import type { StoredUpload, UploadRecord } from '../../model/upload.ts';
import type { Creation } from '../catalog.ts';
import { isTaken } from './database/database.ts';
import { NOTHING, type Sql, sql } from './database/sql.ts';
import { selectLink } from './links.ts';
import { begin, storeTimeline } from './tables/timeline-sql.ts';
import { INSERTED, insertedValues } from './tables/upload-columns.ts';
import { unitOf, type Work } from './work.ts';

type NewUpload = Omit<Creation, 'timeline'> & { readonly timeline: readonly TimelineEntry[] };

/** A creation whose timeline entries have their times. */
export function timed({ timeline, at, ...creation }: Creation): NewUpload {
  return { ...creation, at, timeline: timeline.map((entry) => ({ at, ...entry })) };
}

/**
 * Records a new upload in one statement, leased by `holder` if there is one. Throws CONFLICT when the id was
 * used before, and FORBIDDEN when the link that it uses up takes none any more.
 */
export async function create(
  { database }: Work,
  creation: NewUpload,
  holder: string | null,
): Promise<StoredUpload> {
  const { record, at } = creation;
  const token = randomUUID();
  const statement = insertion(creation, holder, token);
  const seqOf = async (query: Sql) => (await database.query<{ seq: number }>(query))[0]?.seq;
  const made = () =>
    seqOf(
      sql`SELECT seq FROM tusd_uploads WHERE id = ${record.id}::text AND creation = ${token}::uuid`,
    );
  const insert = async (again: boolean): Promise<number | undefined> => {
    if (!again) return seqOf(statement);
    // An attempt whose answer was lost may have used up the id and the link, or do so while this one waits.
    const before = await made();
    if (before !== undefined) return before;
    try {
      return (await seqOf(statement)) ?? (await made());
    } catch (error) {
      const meanwhile = isTaken(error) ? await made() : undefined;
      if (meanwhile === undefined) throw error;
      return meanwhile;
    }
  };
  for (;;) {
    const seq = await database.unit(insert);
    if (seq !== undefined) return { ...record, seq };
    const link = await selectLink(database, linkUsedBy(record)!);
    // Throws; if not, the link has just been made or changed.
    if (link) used(link, at);
  }
}

function insertion(creation: NewUpload, holder: string | null, token: string): Sql {
  const { record, timeline, deliveries, placements, at } = creation;
  const link = linkUsedBy(record);
  const change = sql`INSERT INTO tusd_uploads
      (${INSERTED}, entries, lease_owner, lease_epoch, creation)
    SELECT ${insertedValues(record)}, ${timeline.length}::int, ${holder}::uuid,
      ${holder === null ? 0 : 1}::bigint, ${token}::uuid${link === null ? NOTHING : hasRoom(link)}
    RETURNING seq, id`;
  return unitOf(record.id, {
    before: link === null ? [] : [useLink(link, at)],
    change,
    with: [
      ...(timeline.length > 0 ? [storeTimeline(begin(timeline))] : []),
      ...(record.parts.length > 0 ? [storeParts(record)] : []),
    ],
    deliveries,
    placements,
    at,
  });
}

function storeParts({ parts }: UploadRecord): Sql {
  return sql`INSERT INTO tusd_parts (final, position, part)
    SELECT u.seq, x.number - 1, x.part
    FROM u, unnest(${parts}::text[]) WITH ORDINALITY AS x (part, number)`;
}

function useLink(link: string, at: number): Sql {
  return sql`link AS (UPDATE tusd_links SET uploads = uploads + 1, last_used_at = ${at}::bigint
    WHERE id = ${link}::text AND revoked_at IS NULL
      AND (max_uploads IS NULL OR uploads < max_uploads) RETURNING id)`;
}

function hasRoom(link: string): Sql {
  return sql` WHERE EXISTS (SELECT 1 FROM link)
    OR NOT EXISTS (SELECT 1 FROM tusd_links WHERE id = ${link}::text)`;
}
