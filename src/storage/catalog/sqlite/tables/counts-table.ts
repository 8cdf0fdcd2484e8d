import type { Database, Statement } from 'better-sqlite3';
import type { Count, Counted, Holdings } from '../../../model/counting.ts';

/** The `counts` table: what clients did, by day or minute. Statements are prepared when first used. */
export class CountsTable {
  readonly #database: Database;
  #add: Statement<[Count], number> | undefined;
  #sum: Statement<[Count], number> | undefined;

  constructor(database: Database) {
    this.#database = database;
  }

  /** Returns the new sum. */
  add(count: Count): number {
    if (count.amount === 0) {
      this.#sum ??= this.#plucked(
        'SELECT amount FROM counts WHERE what = @what AND bucket = @bucket AND subject = @subject',
      );
      return this.#sum.get(count) ?? 0;
    }
    this.#add ??= this.#plucked(
      `INSERT INTO counts (what, bucket, subject, amount) VALUES (@what, @bucket, @subject, @amount)
       ON CONFLICT (what, bucket, subject) DO UPDATE SET amount = amount + excluded.amount
       RETURNING amount`,
    );
    return this.#add.get(count) ?? 0;
  }

  all(): Count[] {
    return this.#database
      .prepare<[], Count>('SELECT what, bucket, subject, amount FROM counts')
      .all();
  }

  forget(what: Counted, before: number): void {
    this.#database.prepare('DELETE FROM counts WHERE what = ? AND bucket < ?').run(what, before);
  }

  /** The sums are read from indexes alone: of all finished uploads, less those that were moved away. */
  holdings(): Holdings {
    const { all, moved } = this.#database
      .prepare<[], { all: number; moved: number }>(
        `SELECT (SELECT coalesce(sum(offset), 0) FROM uploads WHERE state = 'finished') AS "all",
           (SELECT coalesce(sum(offset), 0) FROM uploads
            WHERE moved_to IS NOT NULL AND state = 'finished') AS moved`,
      )
      .get() as { all: number; moved: number };
    const unfinished = this.#database
      .prepare<[], Holdings['unfinished'][number]>(
        `SELECT id, owner, origin ->> '$.address' AS address, coalesce(length, offset) AS bytes
         FROM uploads WHERE state IN ('receiving', 'joining')`,
      )
      .all();
    const owned = this.#database
      .prepare<[], { owner: string; bytes: number }>(
        `SELECT owner, sum(offset) AS bytes FROM uploads
         WHERE owner IS NOT NULL AND state = 'finished' GROUP BY owner HAVING bytes > 0`,
      )
      .all();
    const rest = all - owned.reduce((sum, { bytes }) => sum + bytes, 0);
    const finishedOf = rest > 0 ? [...owned, { owner: null, bytes: rest }] : owned;
    return { finished: all - moved, finishedOf, unfinished };
  }

  #plucked(sql: string): Statement<[Count], number> {
    return this.#database.prepare(sql).pluck() as unknown as Statement<[Count], number>;
  }
}
