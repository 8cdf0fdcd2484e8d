import type { Database } from 'better-sqlite3';
import type { RecordState } from './upload.ts';
import type { StoredUpload, UploadRow, UploadsTable } from './uploads-table.ts';

export interface ListQuery {
  /** Only these; all but `removed` when left out. */
  readonly states?: readonly RecordState[];
  /** created: newest first. active: last byte first. size: largest first. name: A to Z. */
  readonly sort?: ListSort;
  /** The other way round. */
  readonly reverse?: boolean;
}

export type ListSort = 'created' | 'active' | 'size' | 'name';

export interface UploadTotals {
  readonly state: RecordState;
  readonly count: number;
  /** Bytes received. */
  readonly bytes: number;
}

const PAGE = 500;
const SORT: Record<ListSort, { by: string; descending: boolean }> = {
  created: { by: 'created_at', descending: true },
  active: { by: 'active_at', descending: true },
  size: { by: 'coalesce(length, offset)', descending: true },
  name: { by: "coalesce(name, '') COLLATE NOCASE", descending: false },
};

const STORED_STATES: readonly RecordState[] = ['receiving', 'joining', 'finished', 'removing'];

/** The questions that run over many rows. */
export class UploadQueries {
  readonly #database: Database;
  readonly #uploads: UploadsTable;

  constructor(database: Database, uploads: UploadsTable) {
    this.#database = database;
    this.#uploads = uploads;
  }

  /**
   * All that match, a page at a time, so that memory stays flat and no read transaction stays open
   * while a slow consumer (a pager) holds the pipe: that would keep the WAL from being reset.
   */
  *list(query: ListQuery): Generator<StoredUpload> {
    const { by, descending } = SORT[query.sort ?? 'created'];
    const down = descending !== (query.reverse ?? false);
    const order = down ? 'DESC' : 'ASC';
    const states = query.states ?? STORED_STATES;
    const where = `state IN (${states.map(() => '?').join(', ')})`;
    // created_at rises with seq, so the primary key does for it; the rest is sorted by SQLite.
    const keyset = (query.sort ?? 'created') === 'created' ? 'seq' : `${by}`;
    const first = this.#database.prepare<unknown[], UploadRow & { key: unknown }>(
      `SELECT *, ${keyset} AS key FROM uploads WHERE ${where}
       ORDER BY ${keyset} ${order}, seq ${order} LIMIT ${PAGE}`,
    );
    const next = this.#database.prepare<unknown[], UploadRow & { key: unknown }>(
      `SELECT *, ${keyset} AS key FROM uploads
       WHERE ${where} AND (${keyset}, seq) ${down ? '<' : '>'} (?, ?)
       ORDER BY ${keyset} ${order}, seq ${order} LIMIT ${PAGE}`,
    );
    let rows = first.all(...states);
    for (;;) {
      for (const row of rows) yield this.#uploads.toRecord(row);
      const last = rows.at(-1);
      if (last === undefined || rows.length < PAGE) return;
      rows = next.all(...states, last.key, last.seq);
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

  /** Row numbers of unfinished uploads and of finished parts without a byte since `before`. */
  idleSince(before: number): number[] {
    return this.#seqs(
      `SELECT seq FROM uploads WHERE state IN ('receiving', 'joining') AND active_at <= @before
       UNION ALL
       SELECT seq FROM uploads WHERE state = 'finished' AND kind = 'partial' AND active_at <= @before`,
      { before },
    );
  }

  finishedBefore(before: number): number[] {
    return this.#seqs(
      `SELECT seq FROM uploads WHERE state = 'finished' AND kind <> 'partial' AND finished_at <= @before`,
      { before },
    );
  }

  /** Claimed by a removal that did not come to its end. */
  removing(): number[] {
    return this.#seqs(`SELECT seq FROM uploads WHERE state = 'removing'`, {});
  }

  /** Memories of removed uploads that are older than `before`. */
  removedBefore(before: number): number[] {
    return this.#seqs(`SELECT seq FROM uploads WHERE state = 'removed' AND removed_at <= @before`, {
      before,
    });
  }

  /** Final uploads that are not joined yet. */
  finals(): number[] {
    return this.#seqs(
      `SELECT seq FROM uploads WHERE state IN ('receiving', 'joining') AND kind = 'final'`,
      {},
    );
  }

  unfinished(): number[] {
    return this.#seqs(`SELECT seq FROM uploads WHERE state IN ('receiving', 'joining')`, {});
  }

  #seqs(sql: string, parameters: Record<string, number>): number[] {
    return this.#database
      .prepare<[Record<string, number>], { seq: number }>(sql)
      .all(parameters)
      .map((row) => row.seq);
  }
}
