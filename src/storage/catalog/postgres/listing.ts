import type { ListQuery, ListSort } from '../../model/list-query.ts';
import type { RecordState, StoredUpload } from '../../model/upload.ts';
import type { Database } from './database/database.ts';
import { constant, joined, type Sql, sql } from './database/sql.ts';
import { FOLDED, stateCondition, statusCondition } from './tables/status-sql.ts';
import { RECORD, toRecord, type UploadRow } from './tables/upload-columns.ts';

const PAGE = 500;

/** `name`: ignoring the case of ASCII letters, by bytes. */
const SORT: Readonly<Record<ListSort, { readonly by: string; readonly descending: boolean }>> = {
  created: { by: 'u.seq', descending: true },
  active: { by: 'u.active_at', descending: true },
  size: { by: 'coalesce(u.length, u.received)', descending: true },
  name: { by: `lower(coalesce(u.name, '') COLLATE "C")`, descending: false },
};

const STORED_STATES: readonly RecordState[] = ['receiving', 'joining', 'finished', 'removing'];

interface Selection {
  readonly where: Sql;
  readonly by: Sql;
  readonly order: Sql;
  readonly descending: boolean;
  readonly limit: number;
}

/** See Reading: no page holds a connection while its reader is slow. */
export async function* list(database: Database, query: ListQuery): AsyncGenerator<StoredUpload[]> {
  const { statuses, owner, sort = 'created', limit = Number.MAX_SAFE_INTEGER } = query;
  const { condition, narrow } = statuses
    ? statusCondition(statuses.names, statuses.at)
    : stateCondition(query.states ?? STORED_STATES);
  const where = joined(
    [
      condition,
      ...(owner === undefined ? [] : [sql`u.owner IS NOT NULL AND u.owner = ${owner}::text`]),
      ...(query.foldParts ? [sql`NOT ${FOLDED}`] : []),
      ...(query.undelivered ? [UNDELIVERED] : []),
    ],
    ' AND ',
  );
  const descending = SORT[sort].descending !== (query.reverse ?? false);
  const order = constant(descending ? 'DESC' : 'ASC');
  const selection = { where, by: constant(SORT[sort].by), order, descending, limit };
  // Numbers rise with the time of creation, and the primary key gives them in order, page by page.
  if (sort === 'created' && !narrow) yield* byNumber(database, selection);
  else yield* sorted(database, selection);
}

const UNDELIVERED = constant(
  `u.id IN (SELECT upload FROM tusd_placements WHERE state = 'pending')`,
);

async function* byNumber(
  database: Database,
  { where, order, descending, limit }: Selection,
): AsyncGenerator<StoredUpload[]> {
  let after = descending ? Number.MAX_SAFE_INTEGER : -1;
  for (let left = limit; left > 0; ) {
    const wanted = Math.min(left, PAGE);
    const rows = await database.search<UploadRow>(
      sql`SELECT ${RECORD} FROM tusd_uploads AS u
        WHERE u.seq ${constant(descending ? '<' : '>')} ${after}::bigint AND ${where}
        ORDER BY u.seq ${order} LIMIT ${wanted}::bigint`,
    );
    if (rows.length > 0) yield rows.map(toRecord);
    left -= rows.length;
    const last = rows.at(-1);
    if (last === undefined || rows.length < wanted) return;
    after = last.seq;
  }
}

/** Sorts once, keeping eight bytes per upload; reads each page of records on demand. */
async function* sorted(
  database: Database,
  { where, by, order, limit }: Selection,
): AsyncGenerator<StoredUpload[]> {
  const seqs = await database.numbers(
    sql`SELECT u.seq FROM tusd_uploads AS u WHERE ${where}
      ORDER BY ${by} ${order}, u.seq ${order} LIMIT ${limit}::bigint`,
  );
  for (let index = 0; index < seqs.length; index += PAGE) {
    const page = await recordsOf(database, seqs.subarray(index, index + PAGE));
    if (page.length > 0) yield page;
  }
}

/** Records in the order of their numbers here; those that are gone are left out. */
export async function recordsOf(
  database: Database,
  seqs: Iterable<number>,
): Promise<StoredUpload[]> {
  const wanted = [...seqs];
  const rows = await database.run<UploadRow>(
    sql`SELECT ${RECORD} FROM tusd_uploads AS u WHERE u.seq = ANY(${wanted}::bigint[])`,
  );
  const found = new Map(rows.map((row) => [row.seq, row]));
  return wanted.flatMap((seq) => {
    const row = found.get(seq);
    return row ? toRecord(row) : [];
  });
}
