import type { Database, Statement } from 'better-sqlite3';
import type { StoredUpload, UploadChange, UploadRecord } from '../../../model/upload.ts';
import { RecordCache } from './record-cache.ts';

/** A record as stored in its row. */
export type UploadRow = Omit<StoredUpload, 'parts' | 'origin' | 'movedTo'> & {
  readonly origin: string;
  readonly movedTo: string | null;
  /** Parts have a table of their own. */
  readonly parts: null;
};

type Column = Exclude<keyof UploadRow, 'parts'>;

/** The column of each property. */
const COLUMN: Record<Column, string> = {
  seq: 'seq',
  id: 'id',
  kind: 'kind',
  state: 'state',
  length: 'length',
  offset: 'offset',
  uncommittedFrom: 'uncommitted_from',
  crc32: 'crc32',
  metadata: 'metadata',
  name: 'name',
  protocolData: 'protocol_data',
  createdAt: 'created_at',
  activeAt: 'active_at',
  finishedAt: 'finished_at',
  removedAt: 'removed_at',
  removedWhy: 'removed_why',
  expiresAt: 'expires_at',
  downloadsLeft: 'downloads_left',
  refusal: 'refusal',
  wantedPath: 'wanted_path',
  movedTo: 'moved_to',
  layout: 'layout',
  origin: 'origin',
  owner: 'owner',
};
const COLUMNS = Object.entries(COLUMN);
const INSERTED = (Object.keys(COLUMN) as Column[]).filter((key) => key !== 'seq');

/** Selects rows for `toRecord`. */
export const SELECT_UPLOADS = `SELECT ${COLUMNS.map(([key, column]) => `${column} AS ${key}`)},
  NULL AS parts FROM uploads`;

/** The `meta` key of the highest `seq` when records were last deleted. */
const HIGHEST = 'highest-seq';
const HIGHEST_SEQ = `max(
  coalesce((SELECT max(seq) FROM uploads), 0),
  coalesce((SELECT CAST(value AS INTEGER) FROM meta WHERE key = '${HIGHEST}'), 0))`;

/** The `uploads` and `parts` tables: rows in, records out. */
export class UploadsTable {
  readonly #database: Database;
  readonly #cache: RecordCache;
  readonly #insert: Statement;
  readonly #insertPart: Statement;
  readonly #noteHighest: Statement;
  readonly #byId: Statement<[string], UploadRow>;
  readonly #bySeq: Statement<[number], UploadRow>;
  readonly #parts: Statement<[number], string>;
  readonly #finalsWaiting: Statement<[string], string>;
  readonly #updates = new Map<string, Statement>();

  constructor(database: Database) {
    this.#database = database;
    this.#cache = new RecordCache(database);
    // Without this SQLite would reuse the number of the newest row after its deletion.
    this.#insert = database.prepare(
      `INSERT INTO uploads (seq, ${INSERTED.map((key) => COLUMN[key])})
       VALUES (${HIGHEST_SEQ} + 1, ${INSERTED.map(() => '?')})`,
    );
    this.#noteHighest = database.prepare(
      `INSERT INTO meta (key, value) SELECT '${HIGHEST}', ${HIGHEST_SEQ} WHERE true
       ON CONFLICT (key) DO UPDATE SET value = excluded.value`,
    );
    this.#insertPart = database.prepare(
      'INSERT INTO parts (final, position, part) VALUES (?, ?, ?)',
    );
    this.#byId = database.prepare(`${SELECT_UPLOADS} WHERE id = ?`);
    this.#bySeq = database.prepare(`${SELECT_UPLOADS} WHERE seq = ?`);
    this.#parts = database
      .prepare<[number], string>('SELECT part FROM parts WHERE final = ? ORDER BY position')
      .pluck() as unknown as Statement<[number], string>;
    this.#finalsWaiting = database
      .prepare<[string], string>(
        `SELECT DISTINCT uploads.id FROM parts JOIN uploads ON uploads.seq = parts.final
         WHERE part = ? AND state IN ('receiving', 'joining')`,
      )
      .pluck() as unknown as Statement<[string], string>;
  }

  /** Returns the row number. The table refuses a second row with the same id (SQLITE_CONSTRAINT). */
  insert(record: UploadRecord): number {
    const { lastInsertRowid } = this.#insert.run(INSERTED.map((key) => columnOf(key, record)));
    const seq = Number(lastInsertRowid);
    for (const [position, part] of record.parts.entries()) {
      this.#insertPart.run(seq, position, part);
    }
    return seq;
  }

  get(id: string): StoredUpload | undefined {
    return this.#cache.get(id, () => {
      const row = this.#byId.get(id);
      return row && this.toRecord(row);
    });
  }

  getBySeq(seq: number): StoredUpload | undefined {
    const row = this.#bySeq.get(seq);
    return row && this.toRecord(row);
  }

  /** Changes the given columns. Returns false when the row does not exist. */
  update(seq: number, change: UploadChange): boolean {
    return this.#change(seq, change);
  }

  /** Like update, for progress that may be late: false when more bytes are already recorded. */
  advance(seq: number, change: UploadChange & { readonly offset: number }): boolean {
    return this.#change(seq, change, 'AND offset <= ?', change.offset);
  }

  /** The compare-and-set behind "finished once": false when the upload is not unfinished. */
  finish(seq: number, change: Omit<UploadChange, 'state' | 'refusal'>): boolean {
    const finished: UploadChange = { state: 'finished', refusal: null, ...change };
    return this.#change(seq, finished, `AND state IN ('receiving', 'joining')`);
  }

  /** `values` are those of the placeholders of `condition`. */
  #change(seq: number, change: UploadChange, condition = '', ...values: unknown[]): boolean {
    const keys = Object.keys(change) as (keyof UploadChange)[];
    const text = keys.join() + condition;
    let statement = this.#updates.get(text);
    if (!statement) {
      const columns = keys.map((key) => `${COLUMN[key]} = ?`).join(', ');
      statement = this.#database.prepare(
        `UPDATE uploads SET ${columns} WHERE seq = ? ${condition}`,
      );
      this.#updates.set(text, statement);
    }
    this.#cache.drop(seq);
    return (
      statement.run([...keys.map((key) => columnOf(key, change)), seq, ...values]).changes === 1
    );
  }

  /** Deletes rows with their parts and timelines. Their numbers are never reused. */
  forget(seqs: readonly number[]): void {
    if (seqs.length === 0) return;
    this.#noteHighest.run();
    const statements = [
      'DELETE FROM timeline WHERE upload = ?',
      'DELETE FROM parts WHERE final = ?',
      'DELETE FROM placements WHERE upload = (SELECT id FROM uploads WHERE seq = ?)',
      'DELETE FROM uploads WHERE seq = ?',
    ].map((sql) => this.#database.prepare(sql));
    for (const seq of seqs) {
      this.#cache.drop(seq);
      for (const statement of statements) statement.run(seq);
    }
  }

  /** Ids of final uploads that are not joined yet and need this part. */
  finalsWaitingFor(part: string): string[] {
    return this.#finalsWaiting.all(part) as unknown as string[];
  }

  toRecord(row: UploadRow): StoredUpload {
    const parts = row.kind === 'final' ? this.#parts.all(row.seq) : [];
    const movedTo = row.movedTo === null ? null : JSON.parse(row.movedTo);
    // A property that the row did not have would cost microseconds in Node 20.
    return { ...row, parts, movedTo, origin: JSON.parse(row.origin) };
  }
}

/** As its column holds it. */
function columnOf<K extends string>(key: K, from: { readonly [key in K]?: unknown }): unknown {
  const value = from[key];
  return typeof value === 'object' && value !== null ? JSON.stringify(value) : value;
}
