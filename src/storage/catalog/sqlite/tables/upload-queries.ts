import type { Database, Statement } from 'better-sqlite3';
import type {
  ListQuery,
  ListSort,
  StatusMoment,
  StatusTotals,
  UnfinishedTotals,
  UploadTotals,
} from '../../../model/list-query.ts';
import type { RecordState, StoredUpload } from '../../../model/upload.ts';
import { STATUS_SQL, stateCondition, statusCondition, statusParameters } from './status-query.ts';
import { FOLDED, STATUS_TOTALS, STATUS_TOTALS_OF_OWNER } from './status-totals.ts';
import { SELECT_UPLOADS, type UploadRow, type UploadsTable } from './uploads-table.ts';

const UNDELIVERED = `id IN (SELECT upload FROM placements WHERE state = 'pending')`;

const PAGE = 500;
const SORT: Record<ListSort, { by: string; descending: boolean }> = {
  created: { by: 'created_at', descending: true },
  active: { by: 'active_at', descending: true },
  size: { by: 'coalesce(length, offset)', descending: true },
  name: { by: "coalesce(name, '') COLLATE NOCASE", descending: false },
};

const STORED_STATES: readonly RecordState[] = ['receiving', 'joining', 'finished', 'removing'];

/** Queries over many rows. A condition that repeats an index's condition exactly uses that index. */
export class UploadQueries {
  readonly #database: Database;
  readonly #uploads: UploadsTable;
  #stored: Statement<[number, number], { seq: number; id: string; activeAt: number }> | undefined;

  constructor(database: Database, uploads: UploadsTable) {
    this.#database = database;
    this.#uploads = uploads;
  }

  /**
   * All matching uploads, page by page. Memory use stays flat, and no read transaction stays open while
   * the consumer is slow (a pager): that would keep the WAL from being reset.
   */
  *list(query: ListQuery): Generator<StoredUpload[]> {
    const { statuses, sort = 'created', limit = Number.MAX_SAFE_INTEGER } = query;
    const states = query.states ?? STORED_STATES;
    const { sql, narrow } = statuses ? statusCondition(statuses.names) : stateCondition(states);
    const { owner } = query;
    const where = [
      // First, and with the condition of its index, so that SQLite uses it.
      ...(owner === undefined ? [] : ['owner IS NOT NULL AND owner = @owner']),
      sql,
      ...(query.foldParts ? [`NOT ${FOLDED}`] : []),
      ...(query.undelivered ? [UNDELIVERED] : []),
    ].join(' AND ');
    const parameters = {
      ...(statuses ? statusParameters(statuses.at) : {}),
      ...(owner === undefined ? {} : { owner }),
    };
    const order = SORT[sort].descending !== (query.reverse ?? false) ? 'DESC' : 'ASC';
    const selection = { where, parameters, order, limit } as const;
    // created_at rises with seq, which the primary key gives in order, page by page.
    if (sort === 'created' && !narrow && owner === undefined) yield* this.#bySeq(selection);
    else yield* this.#sorted(selection, sort === 'created' ? '+seq' : SORT[sort].by);
  }

  *#bySeq({ where, parameters, order, limit }: Selection): Generator<StoredUpload[]> {
    const page = this.#database.prepare<[Record<string, unknown>], UploadRow>(
      `${SELECT_UPLOADS} WHERE seq ${order === 'DESC' ? '<' : '>'} @after AND ${where}
       ORDER BY seq ${order} LIMIT @page`,
    );
    let after = order === 'DESC' ? Number.MAX_SAFE_INTEGER : -1;
    for (let left = limit; left > 0; ) {
      const rows = page.all({ ...parameters, after, page: Math.min(left, PAGE) });
      if (rows.length > 0) yield rows.map((row) => this.#uploads.toRecord(row));
      left -= rows.length;
      const last = rows.at(-1);
      if (last === undefined || rows.length < PAGE) return;
      after = last.seq;
    }
  }

  /** Sorts once, keeping eight bytes per upload; reads each page of records on demand. */
  *#sorted({ where, parameters, order, limit }: Selection, by: string): Generator<StoredUpload[]> {
    const seqs = this.#seqs(
      `SELECT seq FROM uploads WHERE ${where} ORDER BY ${by} ${order}, seq ${order} LIMIT @limit`,
      { ...parameters, limit },
    );
    for (let index = 0; index < seqs.length; index += PAGE) {
      yield seqs.slice(index, index + PAGE).flatMap((seq) => this.#uploads.getBySeq(seq) ?? []);
    }
  }

  /** Ids that begin with a prefix, at most `limit` of them. */
  idsBeginningWith(prefix: string, limit: number): string[] {
    return this.#database
      .prepare<[string, string, number], { id: string }>(
        'SELECT id FROM uploads WHERE id >= ? AND id < ? ORDER BY id LIMIT ?',
      )
      .all(prefix, `${prefix}\u{10ffff}`, limit)
      .map((row) => row.id);
  }

  totals(): UploadTotals[] {
    return this.#database
      .prepare<[], UploadTotals>(
        'SELECT state, count(*) AS count, sum(offset) AS bytes FROM uploads GROUP BY state',
      )
      .all();
  }

  /** Counts by status at a moment, removed uploads included. */
  statusTotals(at: StatusMoment, owner?: string): StatusTotals[] {
    const rows = this.#database
      .prepare<[Record<string, unknown>], StatusTotals>(
        owner === undefined ? STATUS_TOTALS : STATUS_TOTALS_OF_OWNER,
      )
      .all({ ...statusParameters(at), ...(owner === undefined ? {} : { owner }) });
    const [all, byPolicy, early, ...others] = rows as [
      StatusTotals,
      StatusTotals,
      StatusTotals,
      ...StatusTotals[],
    ];
    const expired = plus(byPolicy, early, 1);
    const finished = plus(all, expired, -1);
    return [finished, expired, ...others].filter(({ count }) => count > 0);
  }

  movedBytes(owner?: string): number {
    return this.#database
      .prepare<[Record<string, unknown>], number>(
        `SELECT coalesce(sum(offset), 0) FROM uploads
         WHERE moved_to IS NOT NULL AND state = 'finished'${owner === undefined ? '' : ' AND owner = @owner'}`,
      )
      .pluck()
      .get(owner === undefined ? {} : { owner }) as number;
  }

  unfinishedTotals(at: StatusMoment): UnfinishedTotals[] {
    return this.#database
      .prepare<[Record<string, unknown>], UnfinishedTotals>(
        `SELECT ${STATUS_SQL} AS status, count(*) AS count FROM uploads
         WHERE state IN ('receiving', 'joining') GROUP BY 1`,
      )
      .all(statusParameters(at));
  }

  /** Bytes that the parts of a final upload have received. */
  receivedOfParts(final: number): number {
    return this.#database
      .prepare<[number], number>(
        'SELECT coalesce(sum(offset), 0) FROM parts JOIN uploads ON uploads.id = part WHERE final = ?',
      )
      .pluck()
      .get(final) as number;
  }

  /** Whether any partial or final upload exists. */
  hasParts(): boolean {
    // By state, since the indexes are by state: without any part the whole table would be read.
    const query = `SELECT EXISTS (SELECT 1 FROM parts) OR ${[
      `state = 'finished'`,
      `state IN ('receiving', 'joining')`,
      `state IN ('removing', 'removed')`,
    ]
      .map((state) => `EXISTS (SELECT 1 FROM uploads WHERE ${state} AND kind = 'partial')`)
      .join(' OR ')}`;
    return this.#database.prepare<[], number>(query).pluck().get() === 1;
  }

  hasOwners(): boolean {
    const query = 'SELECT EXISTS (SELECT 1 FROM uploads WHERE owner IS NOT NULL)';
    return this.#database.prepare<[], number>(query).pluck().get() === 1;
  }

  /** Row numbers of the final uploads that a part belongs to. */
  finalsOf(part: string): number[] {
    return this.#seqs('SELECT DISTINCT final AS seq FROM parts WHERE part = @part', { part });
  }

  /** Uploads that should have a data file, in no particular order, after a row number. */
  stored(after: number): { seq: number; id: string; activeAt: number }[] {
    this.#stored ??= this.#database.prepare(
      `SELECT seq, id, active_at AS activeAt FROM uploads
       WHERE seq > ? AND state IN ('receiving', 'joining', 'finished') AND moved_to IS NULL
       ORDER BY seq LIMIT ?`,
    );
    return this.#stored.all(after, 2 * PAGE);
  }

  /** Returns the ids that have a record whose state is not `removed`. */
  known(ids: readonly string[]): Set<string> {
    const rows = this.#database
      .prepare<[string], string>(
        `SELECT id FROM uploads WHERE state <> 'removed' AND id IN (SELECT value FROM json_each(?))`,
      )
      .pluck()
      .all(JSON.stringify(ids)) as unknown as string[];
    return new Set(rows);
  }

  /** Row numbers of unfinished uploads and finished parts that received no byte since `before`. */
  idleSince(before: number): number[] {
    return this.#seqs(
      `SELECT seq FROM uploads WHERE state IN ('receiving', 'joining') AND active_at <= @before
       UNION ALL
       SELECT seq FROM uploads WHERE state = 'finished' AND kind = 'partial' AND active_at <= @before`,
      { before },
    );
  }

  /** Uploads that are removed by this time, whatever the policy says. */
  expiredBy(now: number): number[] {
    return this.#seqs(
      `SELECT seq FROM uploads WHERE expires_at IS NOT NULL AND expires_at <= @now
         AND state IN ('receiving', 'joining', 'finished')`,
      { now },
    );
  }

  finishedBefore(before: number): number[] {
    return this.#seqs(
      `SELECT seq FROM uploads WHERE state = 'finished' AND kind <> 'partial' AND finished_at <= @before`,
      { before },
    );
  }

  /** Uploads whose removal was claimed and not completed. */
  removing(): number[] {
    return this.#seqs(
      `SELECT seq FROM uploads WHERE state IN ('removing', 'removed') AND state = 'removing'`,
      {},
    );
  }

  /** Records of uploads that were removed at `before` or earlier. */
  removedBefore(before: number, limit: number): number[] {
    return this.#seqs(
      `SELECT seq FROM uploads
       WHERE state IN ('removing', 'removed') AND state = 'removed' AND removed_at <= @before
       LIMIT @limit`,
      { before, limit },
    );
  }

  /** Ids of unfinished uploads that have all their bytes, and of final ones that are not joined. */
  unfinishedButComplete(): string[] {
    return this.#ids(
      `state IN ('receiving', 'joining') AND
         (kind = 'final' OR (offset = length AND refusal IS NULL))`,
    );
  }

  unfinished(): string[] {
    return this.#ids(`state IN ('receiving', 'joining')`);
  }

  #ids(condition: string): string[] {
    return this.#database
      .prepare<[], string>(`SELECT id FROM uploads WHERE ${condition}`)
      .pluck()
      .all() as unknown as string[];
  }

  #seqs(sql: string, parameters: Record<string, unknown>): number[] {
    const statement = this.#database.prepare<[Record<string, unknown>], number>(sql).pluck();
    return statement.all(parameters) as number[];
  }
}

function plus(to: StatusTotals, more: StatusTotals, sign: 1 | -1): StatusTotals {
  return {
    ...to,
    count: to.count + sign * more.count,
    bytes: to.bytes + sign * more.bytes,
    bytesOnce: to.bytesOnce + sign * more.bytesOnce,
  };
}

interface Selection {
  readonly where: string;
  readonly parameters: Record<string, unknown>;
  readonly order: 'ASC' | 'DESC';
  readonly limit: number;
}
