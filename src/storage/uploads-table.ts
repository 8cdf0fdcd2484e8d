import type { Database, Statement } from 'better-sqlite3';
import { RecordCache } from './record-cache.ts';
import type { RecordState, RemovalReason, UploadRecord } from './upload.ts';

/** What toRecord takes apart, in this order: rows come as arrays, which are made far faster than objects. */
export const UPLOAD_COLUMNS =
  'seq, id, kind, state, length, offset, uncommitted_from, crc32, metadata, name, protocol_data, ' +
  'created_at, active_at, finished_at, removed_at, removed_why, refusal, origin';

export type UploadRow = [
  seq: number,
  id: string,
  kind: UploadRecord['kind'],
  state: RecordState,
  length: number | null,
  offset: number,
  uncommittedFrom: number | null,
  crc32: number,
  metadata: string | null,
  name: string | null,
  protocolData: string | null,
  createdAt: number,
  activeAt: number,
  finishedAt: number | null,
  removedAt: number | null,
  removedWhy: RemovalReason | null,
  refusal: string | null,
  origin: string,
];

/** A record with the row number that the other tables refer to. */
export type StoredUpload = UploadRecord & { readonly seq: number };

/** The columns that change after creation, as a patch. */
export interface UploadChange {
  state?: RecordState;
  length?: number | null;
  offset?: number;
  uncommittedFrom?: number | null;
  crc32?: number;
  activeAt?: number;
  finishedAt?: number | null;
  removedAt?: number | null;
  removedWhy?: RemovalReason | null;
  refusal?: string | null;
}

const COLUMN: Record<keyof UploadChange, string> = {
  state: 'state',
  length: 'length',
  offset: 'offset',
  uncommittedFrom: 'uncommitted_from',
  crc32: 'crc32',
  activeAt: 'active_at',
  finishedAt: 'finished_at',
  removedAt: 'removed_at',
  removedWhy: 'removed_why',
  refusal: 'refusal',
};

/** The `uploads` and `parts` tables: rows in, records out. */
export class UploadsTable {
  readonly #database: Database;
  readonly #cache: RecordCache;
  readonly #insert: Statement;
  readonly #insertPart: Statement;
  readonly #byId: Statement<[string], UploadRow>;
  readonly #bySeq: Statement<[number], UploadRow>;
  readonly #parts: Statement<[number], string>;
  readonly #updates = new Map<string, Statement>();

  constructor(database: Database) {
    this.#database = database;
    this.#cache = new RecordCache(database);
    this.#insert = database.prepare(
      `INSERT INTO uploads (id, kind, state, length, offset, uncommitted_from, crc32, metadata, name,
         protocol_data, created_at, active_at, finished_at, removed_at, removed_why, refusal, origin)
       VALUES (@id, @kind, @state, @length, @offset, @uncommittedFrom, @crc32, @metadata, @name,
         @protocolData, @createdAt, @activeAt, @finishedAt, @removedAt, @removedWhy, @refusal, @origin)`,
    );
    this.#insertPart = database.prepare(
      'INSERT INTO parts (final, position, part) VALUES (?, ?, ?)',
    );
    const select = `SELECT ${UPLOAD_COLUMNS} FROM uploads`;
    this.#byId = database.prepare<[string], UploadRow>(`${select} WHERE id = ?`).raw();
    this.#bySeq = database.prepare<[number], UploadRow>(`${select} WHERE seq = ?`).raw();
    this.#parts = database
      .prepare<[number], string>('SELECT part FROM parts WHERE final = ? ORDER BY position')
      .pluck() as unknown as Statement<[number], string>;
  }

  /** Returns the row number. A second row of one id is refused by the table (SQLITE_CONSTRAINT). */
  insert(record: UploadRecord): number {
    const { parts, origin, ...columns } = record;
    const { lastInsertRowid } = this.#insert.run({ ...columns, origin: JSON.stringify(origin) });
    const seq = Number(lastInsertRowid);
    for (const [position, part] of parts.entries()) this.#insertPart.run(seq, position, part);
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

  /** Changes the columns that are given. Returns false when the row is not there (any more). */
  update(seq: number, change: UploadChange): boolean {
    return this.#change(seq, change, '');
  }

  /** Like update, for what a request has brought: false when the upload is no longer receiving. */
  receive(seq: number, change: UploadChange): boolean {
    return this.#change(seq, change, ` AND state = 'receiving'`);
  }

  /** The compare-and-set behind "finished once": false when the upload is not unfinished (any more). */
  finish(seq: number, change: UploadChange): boolean {
    const finished = { ...change, state: 'finished', refusal: null } as const;
    return this.#change(seq, finished, ` AND state IN ('receiving', 'joining')`);
  }

  #change(seq: number, change: UploadChange, condition: string): boolean {
    const keys = Object.keys(change) as (keyof UploadChange)[];
    const text = keys.join() + condition;
    let statement = this.#updates.get(text);
    if (!statement) {
      const columns = keys.map((key) => `${COLUMN[key]} = @${key}`).join(', ');
      statement = this.#database.prepare(
        `UPDATE uploads SET ${columns} WHERE seq = @seq${condition}`,
      );
      this.#updates.set(text, statement);
    }
    this.#cache.drop(seq);
    return statement.run({ ...change, seq }).changes === 1;
  }

  delete(seq: number): void {
    this.#cache.drop(seq);
    this.#database.prepare('DELETE FROM timeline WHERE upload = ?').run(seq);
    this.#database.prepare('DELETE FROM parts WHERE final = ?').run(seq);
    this.#database.prepare('DELETE FROM uploads WHERE seq = ?').run(seq);
  }

  /** Row numbers of final uploads that are not joined yet and need this part. */
  finalsWaitingFor(part: string): number[] {
    return this.#database
      .prepare<[string], { final: number }>(
        `SELECT DISTINCT final FROM parts JOIN uploads ON uploads.seq = parts.final
         WHERE part = ? AND state IN ('receiving', 'joining')`,
      )
      .all(part)
      .map((row) => row.final);
  }

  toRecord([
    seq,
    id,
    kind,
    state,
    length,
    offset,
    uncommittedFrom,
    crc32,
    metadata,
    name,
    protocolData,
    createdAt,
    activeAt,
    finishedAt,
    removedAt,
    removedWhy,
    refusal,
    origin,
  ]: UploadRow): StoredUpload {
    return {
      seq,
      id,
      kind,
      state,
      length,
      offset,
      uncommittedFrom,
      crc32,
      metadata,
      name,
      parts: kind === 'final' ? this.#parts.all(seq) : [],
      protocolData,
      createdAt,
      activeAt,
      finishedAt,
      removedAt,
      removedWhy,
      refusal,
      origin: JSON.parse(origin),
    };
  }
}
