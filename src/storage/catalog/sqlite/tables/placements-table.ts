import type { Database, Statement } from 'better-sqlite3';
import type {
  NewPlacement,
  Placement,
  PlacementCounts,
  PlacementQuery,
  PlacementStatus,
} from '../../../model/placement.ts';

type Row = Omit<Placement, 'last'> & { readonly last: 0 | 1 };

const COLUMNS = `seq, upload, rule, last, state, attempts, created_at AS createdAt, next_at AS nextAt,
  done_at AS doneAt, last_error AS lastError, intent, path`;

const CONDITIONS: Readonly<Record<PlacementStatus, string>> = {
  pending: `(state = 'pending' AND attempts = 0)`,
  failing: `(state = 'pending' AND attempts > 0)`,
  skipped: `state = 'skipped'`,
  delivered: `state = 'placed'`,
};

/** The `placements` table; its methods run inside the transaction of a unit of work. */
export class PlacementsTable {
  readonly #database: Database;
  readonly #statements = new Map<string, Statement>();

  constructor(database: Database) {
    this.#database = database;
  }

  /** Adds those that are not there yet. Returns how many. */
  add(upload: string, placements: readonly NewPlacement[], at: number): number {
    let added = 0;
    for (const { rule, last } of placements) {
      added += this.#run(
        `INSERT INTO placements (upload, rule, last, state, attempts, created_at, next_at)
         VALUES (?, ?, ?, 'pending', 0, ?, ?) ON CONFLICT (upload, rule) DO NOTHING`,
        [upload, rule, last ? 1 : 0, at, at],
      );
    }
    return added;
  }

  due(at: number, limit: number): Placement[] {
    return this.#rows(
      `SELECT ${COLUMNS} FROM placements WHERE next_at IS NOT NULL AND next_at <= ?
         AND NOT (last AND state = 'pending' AND EXISTS (SELECT 1 FROM placements AS earlier
           WHERE earlier.upload = placements.upload AND earlier.seq < placements.seq
             AND earlier.state = 'pending'))
       ORDER BY next_at, seq LIMIT ?`,
      [at, limit],
    );
  }

  nextDueAt(): number | null {
    const sql = 'SELECT min(next_at) AS at FROM placements WHERE next_at IS NOT NULL';
    return (this.#prepare(sql).get() as { at: number | null }).at;
  }

  /** Sets columns of one row (their names are constants). Returns false when there is no such row. */
  update(seq: number, columns: Readonly<Record<string, string | number | null>>): boolean {
    const set = Object.keys(columns).map((column) => `${column} = ?`);
    const sql = `UPDATE placements SET ${set} WHERE seq = ?`;
    return this.#run(sql, [...Object.values(columns), seq]) === 1;
  }

  failing(after: number, limit: number): number[] {
    return this.#rows(
      `SELECT ${COLUMNS} FROM placements WHERE state = 'pending' AND attempts > 0 AND seq > ?
       ORDER BY seq LIMIT ?`,
      [after, limit],
    ).map(({ seq }) => seq);
  }

  abandon(rules: readonly string[], why: string, at: number): number {
    return this.#run(
      `UPDATE placements SET state = 'skipped', next_at = NULL, done_at = ?, last_error = ?
       WHERE state = 'pending' AND rule NOT IN (SELECT value FROM json_each(?))`,
      [at, why, JSON.stringify(rules)],
    );
  }

  /** Whether an upload has a placement that is not placed yet. */
  isPending(upload: string): boolean {
    const sql = `SELECT 1 FROM placements WHERE upload = ? AND state = 'pending'`;
    return this.#prepare(sql).get(upload) !== undefined;
  }

  get(seq: number): Placement | undefined {
    return this.#rows(`SELECT ${COLUMNS} FROM placements WHERE seq = ?`, [seq])[0];
  }

  /** The newest first. */
  list({ statuses, rule, upload, limit = 100 }: PlacementQuery): Placement[] {
    const where = ['1'];
    if (statuses) where.push(`(${statuses.map((one) => CONDITIONS[one]).join(' OR ') || '0'})`);
    if (rule !== undefined) where.push('rule = @rule');
    if (upload !== undefined) where.push('upload = @upload');
    let index = '';
    if (statuses?.length && statuses.every((one) => one === 'pending' || one === 'failing')) {
      where.push(`state = 'pending'`);
      // In the order of row numbers SQLite would read the whole table, and most rows were placed long ago.
      if (upload === undefined) index = 'INDEXED BY placements_pending ';
    }
    return this.#rows(
      `SELECT ${COLUMNS} FROM placements ${index}WHERE ${where.join(' AND ')}
       ORDER BY seq DESC LIMIT @limit`,
      [
        {
          limit,
          ...(rule === undefined ? {} : { rule }),
          ...(upload === undefined ? {} : { upload }),
        },
      ],
    );
  }

  counts(): PlacementCounts[] {
    return this.#prepare(
      `SELECT rule, sum(attempts = 0) AS pending, sum(attempts > 0) AS failing,
         min(created_at) AS oldestAt FROM placements
       WHERE state = 'pending' GROUP BY rule ORDER BY rule`,
    ).all() as PlacementCounts[];
  }

  #prepare(sql: string): Statement {
    const known = this.#statements.get(sql);
    if (known) return known;
    const statement = this.#database.prepare(sql);
    this.#statements.set(sql, statement);
    return statement;
  }

  #run(sql: string, parameters: readonly unknown[]): number {
    return this.#prepare(sql).run(...parameters).changes;
  }

  #rows(sql: string, parameters: readonly unknown[]): Placement[] {
    const rows = this.#prepare(sql).all(...parameters) as Row[];
    return rows.map((row) => ({ ...row, last: row.last === 1 }));
  }
}
