import type { Database, Statement } from 'better-sqlite3';
import type { NewDelivery } from './events.ts';

export type DeliveryState = 'pending' | 'delivered' | 'dead';

/** One event on its way to one hook. Times are milliseconds since the epoch. */
export interface Delivery extends NewDelivery {
  /** Rises with every delivery; the order that hooks see. */
  readonly seq: number;
  readonly upload: string;
  readonly state: DeliveryState;
  readonly attempts: number;
  readonly createdAt: number;
  readonly nextAt: number;
  readonly doneAt: number | null;
  readonly lastError: string | null;
}

export interface DeliveryQuery {
  readonly states?: readonly DeliveryState[];
  readonly hook?: string;
  readonly upload?: string;
  readonly limit?: number;
}

const COLUMNS = `seq, event_id AS eventId, upload, hook, event, payload, state, attempts,
  created_at AS createdAt, next_at AS nextAt, done_at AS doneAt, last_error AS lastError`;

/** The `deliveries` table. */
export class OutboxTable {
  readonly #database: Database;
  readonly #insert: Statement;

  constructor(database: Database) {
    this.#database = database;
    this.#insert = database.prepare(
      `INSERT INTO deliveries (event_id, upload, hook, event, payload, state, attempts, created_at, next_at)
       VALUES (@eventId, @upload, @hook, @event, @payload, 'pending', 0, @now, @now)`,
    );
  }

  add(upload: string, deliveries: readonly NewDelivery[], now: number): void {
    for (const delivery of deliveries) this.#insert.run({ ...delivery, upload, now });
  }

  /**
   * Deliveries whose time has come: for one hook and one upload only the first that is pending, so
   * that a receiver sees an upload's events in order while other uploads are not held up.
   */
  due(hook: string, now: number, limit: number, except: readonly string[]): Delivery[] {
    return this.#database
      .prepare<unknown[], Delivery>(
        `SELECT ${COLUMNS} FROM deliveries AS one
         WHERE hook = ? AND state = 'pending' AND next_at <= ?
           AND upload NOT IN (SELECT value FROM json_each(?))
           AND NOT EXISTS (SELECT 1 FROM deliveries AS before WHERE before.hook = one.hook
             AND before.upload = one.upload AND before.state = 'pending' AND before.seq < one.seq)
         ORDER BY next_at, seq LIMIT ?`,
      )
      .all(hook, now, JSON.stringify(except), limit);
  }

  /** When the next pending delivery is due, or null when none waits. */
  nextDueAt(): number | null {
    return (
      this.#database
        .prepare<[], { at: number | null }>(
          `SELECT min(next_at) AS at FROM deliveries WHERE state = 'pending'`,
        )
        .get()?.at ?? null
    );
  }

  delivered(seq: number, now: number): void {
    this.#database
      .prepare(
        `UPDATE deliveries SET state = 'delivered', attempts = attempts + 1, done_at = ?, last_error = NULL
         WHERE seq = ?`,
      )
      .run(now, seq);
  }

  failed(seq: number, error: string, nextAt: number): void {
    this.#database
      .prepare(
        `UPDATE deliveries SET attempts = attempts + 1, last_error = ?, next_at = ? WHERE seq = ?`,
      )
      .run(error, nextAt, seq);
  }

  dead(seq: number, error: string, now: number): void {
    this.#database
      .prepare(
        `UPDATE deliveries SET state = 'dead', attempts = attempts + 1, last_error = ?, done_at = ?
         WHERE seq = ?`,
      )
      .run(error, now, seq);
  }

  /** Makes a delivery (or every failing and dead one) due now. Returns how many. */
  retry(seq: number | 'all', now: number): number {
    const where =
      seq === 'all' ? `state = 'dead' OR (state = 'pending' AND attempts > 0)` : 'seq = @seq';
    return this.#database
      .prepare(
        `UPDATE deliveries SET state = 'pending', next_at = @now, done_at = NULL WHERE ${where}`,
      )
      .run(seq === 'all' ? { now } : { now, seq }).changes;
  }

  get(seq: number): Delivery | undefined {
    return this.#database
      .prepare<[number], Delivery>(`SELECT ${COLUMNS} FROM deliveries WHERE seq = ?`)
      .get(seq);
  }

  list({ states, hook, upload, limit = 100 }: DeliveryQuery): Delivery[] {
    return this.#database
      .prepare<unknown[], Delivery>(
        `SELECT ${COLUMNS} FROM deliveries
         WHERE (@states IS NULL OR state IN (SELECT value FROM json_each(@states)))
           AND (@hook IS NULL OR hook = @hook) AND (@upload IS NULL OR upload = @upload)
         ORDER BY seq DESC LIMIT @limit`,
      )
      .all({
        states: states ? JSON.stringify(states) : null,
        hook: hook ?? null,
        upload: upload ?? null,
        limit,
      });
  }

  counts(): { hook: string; state: DeliveryState; count: number }[] {
    return this.#database
      .prepare<[], { hook: string; state: DeliveryState; count: number }>(
        'SELECT hook, state, count(*) AS count FROM deliveries GROUP BY hook, state',
      )
      .all();
  }

  /** Drops those that were delivered before `before`. Returns how many. */
  forgetDelivered(before: number): number {
    return this.#database
      .prepare(`DELETE FROM deliveries WHERE state = 'delivered' AND done_at <= ?`)
      .run(before).changes;
  }
}
